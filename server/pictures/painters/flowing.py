"""Patterns that flow: marble, waves, clouds, flames, lightning, galaxies, skins, ripples, wood."""

from __future__ import annotations

import numpy as np

from ..raster import (
    Array,
    Rng,
    blur,
    cells,
    chance,
    fractal,
    grid,
    hsv,
    lookup,
    mix,
    ramp,
    relief,
    seed_of,
    smoothstep,
    turned,
)


def marble(rng: Rng, side: int) -> Array:
    """Veins through polished stone."""
    x, y = turned(*grid(side), rng.uniform(0, np.pi))
    warp = fractal(rng, side, 1.7, 1)
    vein = np.abs(np.sin(x * rng.uniform(2, 5) + rng.uniform(1.0, 2.0) * warp))
    thin = np.abs(np.sin(y * rng.uniform(2, 6) + 1.8 * fractal(rng, side, 1.6, 1) + warp))
    hue = rng.uniform(0, 1)
    dark = rng.random() < 0.45
    ground = hsv(hue, rng.uniform(0.05, 0.6), 0.22 if dark else 0.92)
    cloud = hsv(hue + 0.05, rng.uniform(0.1, 0.6), 0.4 if dark else 0.72)
    line = hsv(rng.choice([0.1, 0.12, hue + 0.5]), rng.uniform(0.1, 0.7), 0.95 if dark else 0.25)
    colour = mix(ground, cloud, smoothstep(-1, 1.5, fractal(rng, side, 1.8, 2)))
    colour = mix(colour, cloud * 0.8, smoothstep(0.55, 0.0, vein) * 0.6)
    colour = mix(colour, line, np.clip(smoothstep(0.13, 0.0, vein) + 0.7 * smoothstep(0.06, 0.0, thin), 0, 1))
    return np.clip(colour, 0, 1)


def waves(rng: Rng, side: int) -> Array:
    """Rows of swell with crests of foam, seen towards a horizon."""
    x, y = grid(side)
    depth = 1.35 - y * rng.uniform(0.5, 1.0)
    px, py = x * depth * rng.uniform(2, 3.5), depth * rng.uniform(5, 9)
    swell = 0.5 * fractal(rng, side, 2.0, 1)
    phase = py * 2.2 + 0.9 * np.sin(px * 1.1 + rng.uniform(0, 6)) + swell + 0.35 * np.sin(px * 3 + py)
    front = (phase / (2 * np.pi)) % 1
    lift = front**1.8
    hue = rng.uniform(0.48, 0.62)
    water = ramp(lift, [hsv(hue + 0.05, 0.95, 0.2), hsv(hue, 0.9, 0.5), hsv(hue - 0.05, 0.65, 0.85)])
    lace = cells(px * 6 + swell, py * 9 + 3 * front, seed_of(rng))
    web = smoothstep(0.16, 0.03, lace.edge)
    foam = smoothstep(0.8, 0.97, front + 0.06 * fractal(rng, side, 1.2)) + web * smoothstep(0.35, 0.0, front) * 0.9
    colour = mix(water, (0.97, 0.99, 1.0), np.clip(foam, 0, 1))
    ripples = blur(fractal(rng, side, 1.3, 8), 0.6)
    return relief(rng, np.clip(colour, 0, 1), 7 * lift + 0.7 * ripples, 0.6, 0.5)


def clouds(rng: Rng, side: int) -> Array:
    """Heaped clouds, lit from one side, in a sky of day or evening."""
    _, y = grid(side)
    hue = rng.choice([0.58, 0.6, 0.55, 0.07, 0.95, 0.72])
    warm = hue < 0.2 or hue > 0.9
    sky = [hsv(0.62 if warm else hue, 0.8, 0.55 if warm else 0.7), hsv(hue, 0.55 if warm else 0.4, 0.98)]
    colour = ramp((y + 1) / 2, sky)
    shade, tint = hsv(0.78 if warm else 0.6, 0.3, 0.6), hsv(hue if warm else 0.1, 0.35 if warm else 0.03, 1.0)
    for layer in range(2):
        mass = fractal(rng, side, 2.5, 1 + layer)
        # Heaps: the rounded tops that folding noise over leaves.
        heaps = 1 - np.abs(fractal(rng, side, 2.1, 3)) - 0.5 * np.abs(fractal(rng, side, 2.0, 7))
        body = mass + 0.45 * heaps + 0.09 * fractal(rng, side, 1.6, 8)
        cover = smoothstep(0.0, 0.55, body - rng.uniform(0.0, 0.4))
        solid = blur(body, side / 140)
        lit = solid - np.roll(solid, (side // 18, side // 24), (0, 1))
        colour = mix(colour, mix(shade, tint, smoothstep(-0.75, 0.5, lit)), cover)
    return np.clip(colour, 0, 1)


def flames(rng: Rng, side: int) -> Array:
    """Tongues of fire licking upwards from a glowing ground."""
    x, y = grid(side)
    turbulence = fractal(rng, side, 1.9, 2)
    heat = np.zeros_like(x)
    base = rng.uniform(0.3, 1.1)
    for _ in range(int(rng.integers(8, 18))):
        cx, tall, wide = rng.uniform(-1.1, 1.1), rng.uniform(0.7, 2.0), rng.uniform(0.1, 0.28)
        up = np.clip((base - y) / tall, -0.4, 1.6)
        sway = 0.22 * np.sin(up * rng.uniform(3, 6) + rng.uniform(0, 6)) * up + 0.12 * turbulence * up
        width = wide * np.clip(1 - up, 0, 1) ** 0.7 * (0.55 + 1.2 * np.clip(up, 0, 1)) + 1e-3
        tongue = np.clip(1 - np.abs(x - cx - sway) / width, 0, 1) * smoothstep(1.0, 0.75, up)
        heat = np.maximum(heat, tongue * (1.15 - 0.45 * np.clip(up, 0, 1)))
    heat = np.clip(heat * (1 + 0.15 * turbulence) + 0.35 * smoothstep(0.2, 1.3, y - base + 0.7), 0, 1)
    blue = rng.random() < 0.12
    stops = [(0.03, 0.01, 0.02), (0.45, 0.03, 0.01), (0.95, 0.3, 0.02), (1.0, 0.68, 0.08), (1.0, 0.95, 0.55)]
    if blue:
        stops = [(0.01, 0.01, 0.05), (0.03, 0.05, 0.5), (0.05, 0.35, 0.95), (0.3, 0.75, 1.0), (0.9, 1.0, 1.0)]
    return np.clip(ramp(heat, stops) + 0.35 * blur(ramp(heat**1.5, stops), side / 20), 0, 1)


def lightning(rng: Rng, side: int) -> Array:
    """Forked bolts out of dark clouds."""
    _x, y = grid(side)
    hue = rng.choice([0.62, 0.68, 0.75, 0.55, 0.83])
    storm = np.clip(0.17 + 0.09 * fractal(rng, side, 2.0, 1) - 0.1 * y, 0.02, 1)
    sky = hsv(hue, 0.6, storm)
    bolt, px, py = np.full((side, side), 1e3, np.float32), *np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5)
    faint = bolt.copy()

    def strike(at: Array, heading: float, length: float, target: Array, depth: int) -> None:
        while length > 0 and -20 < at[1] < side + 20:
            step = rng.uniform(0.02, 0.055) * side
            heading += rng.normal(0, 0.55)
            heading = np.clip(heading, 0.2, np.pi - 0.2) if depth == 0 else heading
            to = at + step * np.array([np.cos(heading), np.sin(heading)])
            _segment(target, px, py, at, to)
            if rng.random() < 0.2 and depth < 3:
                strike(to, heading + rng.choice([-0.8, 0.8]), length * rng.uniform(0.2, 0.5), faint, depth + 1)
            at, length = to, length - step

    for _ in range(int(rng.integers(1, 4))):
        strike(np.array([rng.uniform(0.15, 0.85) * side, -2.0]), np.pi / 2, 1.5 * side, bolt, 0)
    width = rng.uniform(1.0, 2.2) * side / 256
    core = smoothstep(width + 1, width - 0.7, bolt) + 0.85 * smoothstep(width * 0.5 + 1, width * 0.5 - 0.6, faint)
    glow = (
        np.exp(-bolt / (0.035 * side)) * 0.8
        + np.exp(-faint / (0.02 * side)) * 0.45
        + 0.5 * np.exp(-bolt / (0.15 * side))
    )
    colour = sky + hsv(hue, 0.5, 1.0) * glow[..., None] * (1 + 0.2 * fractal(rng, side, 2.0))[..., None]
    return np.clip(mix(np.clip(colour, 0, 1), (1, 0.98, 1), np.clip(core, 0, 1)), 0, 1)


def galaxy(rng: Rng, side: int) -> Array:
    """A spiral of stars around a bright core."""
    x, y = turned(*grid(side), rng.uniform(0, np.pi))
    x, y = x - rng.uniform(-0.2, 0.2), (y - rng.uniform(-0.2, 0.2)) * rng.uniform(1.0, 1.9)
    r, a = np.hypot(x, y), np.arctan2(y, x)
    arms, wind = int(rng.integers(2, 5)), rng.uniform(2.2, 4.5) * rng.choice([-1, 1])
    dust = fractal(rng, side, 1.6, 3)
    arm = (0.5 + 0.5 * np.cos(arms * a + wind * 2 * np.log(r + 0.06) + 0.5 * dust)) ** rng.uniform(1.2, 2.5)
    disc = np.exp(-r * rng.uniform(1.8, 2.8))
    hue = rng.choice([0.6, 0.65, 0.75, 0.85, 0.55])
    light = arm * disc * (1 + 0.35 * dust)
    colour = ramp(
        np.clip(light * 1.9, 0, 1),
        [(0.01, 0.01, 0.03), hsv(hue, 0.85, 0.35), hsv(hue + 0.06, 0.6, 0.8), hsv(hue + 0.1, 0.15, 1.0)],
    )
    colour = colour + np.asarray((1.0, 0.85, 0.6)) * (np.exp(-((r / 0.17) ** 2)) + 0.45 * np.exp(-r / 0.2))[..., None]
    nebula = (
        hsv(0.92, 0.8, 1.0)
        * (np.clip(arm * disc * smoothstep(0.6, 2.0, fractal(rng, side, 1.3, 4)), 0, 1) * 1.3)[..., None]
    )
    colour = colour + nebula
    for density, size in ((60, 0.09), (26, 0.11)):
        px, py = (x + 3) * density / 2, (y + 3) * density / 2
        star = cells(px, py, seed_of(rng))
        shine = smoothstep(size * 2.2, 0, star.nearest) * (chance(star.i, star.j, 4) > 0.55 - 0.4 * (light > 0.3))
        colour = colour + shine[..., None] * hsv(chance(star.i, star.j, 5) * 0.16 + 0.55, 0.25, 1.0)
    return np.clip(colour, 0, 1).astype(np.float32)


def labyrinth(rng: Rng, side: int) -> Array:
    """A skin of winding ridges, as reaction and diffusion leave them."""
    skin = _turing(rng, side, rng.uniform(14, 34), rng.uniform(-0.08, 0.08))
    hue, other = rng.uniform(0, 1), rng.choice([0.5, 0.1, 0.33, 0.05])
    dark, light = (
        hsv(hue, rng.uniform(0.5, 0.95), rng.uniform(0.12, 0.4)),
        hsv(hue + other, rng.uniform(0.3, 0.9), 0.95),
    )
    drift = smoothstep(-1.5, 1.5, fractal(rng, side, 2.4, 1))
    light = mix(light, hsv(hue + other + 0.12, 0.8, 0.9), drift)
    colour = mix(dark, light, smoothstep(-0.5, 0.5, skin))
    return relief(rng, np.clip(colour, 0, 1), blur(np.tanh(skin) * 4, 1.0), rng.uniform(0.4, 1.0), 0.3)


def leopard(rng: Rng, side: int) -> Array:
    """Rosettes on fur: rings of dark spots with a darker ground inside."""
    x, y = grid(side)
    scale = rng.uniform(4, 9)
    px = x * scale / 2 + 9 + 0.12 * fractal(rng, side, 2.0, 2)
    py = y * scale / 2 + 9 + 0.12 * fractal(rng, side, 2.0, 2)
    spot = cells(px, py, seed_of(rng), 0.7)
    angle = np.arctan2(spot.dy, spot.dx)
    seed = seed_of(rng)
    turn, size = 6.3 * chance(spot.i, spot.j, seed), 0.27 + 0.14 * chance(spot.i, spot.j, seed + 1)
    ring = np.abs(spot.nearest - size) - 0.075 + 0.06 * np.sin(angle * 3 + turn) + 0.03 * fractal(rng, side, 1.2, 6)
    dark = smoothstep(0.04, -0.03, ring)
    inner = smoothstep(0.03, -0.06, spot.nearest - size)
    hue = rng.uniform(0.07, 0.115)
    coat = ramp((y + 1) / 2, [hsv(hue, 0.72, 0.8), hsv(hue + 0.02, 0.45, 0.97)])
    if rng.random() < 0.15:
        coat = coat * 0 + hsv(0.6, 0.06, 0.9)
    colour = mix(coat, coat * (0.68, 0.55, 0.42), inner)
    colour = mix(colour, (0.08, 0.05, 0.04), dark)
    return _haired(rng, colour, 0.5)


def zebra(rng: Rng, side: int) -> Array:
    """Forking stripes of black and white."""
    skin = _turing(rng, side, rng.uniform(22, 48), 0.0, stretch=rng.uniform(2.2, 3.5))
    white = hsv(rng.uniform(0.08, 0.14), rng.uniform(0.02, 0.18), 0.97)
    colour = mix((0.05, 0.04, 0.05), white, smoothstep(-0.12, 0.12, skin))
    return _haired(rng, colour, 0.25)


def ripples(rng: Rng, side: int) -> Array:
    """Rings on still water from falling drops, a sky mirrored in them."""
    x, y = grid(side)
    height = 0.15 * fractal(rng, side, 2.2, 2)
    for _ in range(int(rng.integers(2, 7))):
        r = np.hypot(x - rng.uniform(-1, 1), (y - rng.uniform(-1, 1)) * rng.uniform(1, 1.3))
        pitch, reach = rng.uniform(22, 50), rng.uniform(0.3, 1.1)
        height = height + np.sin(r * pitch) * np.exp(-(((r - reach * 0.5) / (reach * 0.45)) ** 2)) * 1.3
    gy, gx = np.gradient(height * side / 40)
    hue = rng.choice([0.55, 0.6, 0.5, 0.45, 0.07, 0.8])
    mirrored = np.clip(0.5 + 0.28 * gy + 0.14 * gx + 0.1 * y, 0, 1)
    colour = ramp(
        mirrored, [hsv(hue + 0.03, 0.95, 0.12), hsv(hue, 0.8, 0.45), hsv(hue - 0.04, 0.45, 0.85), (0.98, 0.98, 0.95)]
    )
    return np.clip(colour + 0.6 * smoothstep(0.75, 1.1, mirrored + 0.1 * gx)[..., None], 0, 1)


def wood(rng: Rng, side: int) -> Array:
    """Growth rings and grain of planed boards, a knot here and there."""
    x, y = grid(side)
    field = (
        x * rng.uniform(3, 7)
        + 0.5 * np.sin(y * rng.uniform(1, 3) + rng.uniform(0, 6))
        + 0.25 * fractal(rng, side, 2.5, 1)
    )
    knot = np.zeros_like(x)
    for _ in range(int(rng.integers(0, 3))):
        r = np.hypot((x - rng.uniform(-0.8, 0.8)) * 1.0, (y - rng.uniform(-0.8, 0.8)) * 0.6)
        field = field + 2.2 * np.exp(-((r / 0.22) ** 2))
        knot = np.maximum(knot, smoothstep(0.14, 0.05, r))
    if rng.random() < 0.3:  # sawn across
        r = np.hypot(x - rng.uniform(-0.7, 0.7), y - rng.uniform(-0.7, 0.7))
        field = r * rng.uniform(6, 12) * (1 + 0.02 * fractal(rng, side, 2.0)) + 0.15 * fractal(rng, side, 2.2, 2)
    ring = (field * rng.uniform(1.2, 2.2)) % 1
    hue = rng.uniform(0.05, 0.105)
    light, dark = hsv(hue + 0.02, rng.uniform(0.35, 0.65), 0.9), hsv(hue, rng.uniform(0.6, 0.9), 0.42)
    pores = np.abs(
        lookup(fractal(rng, side, 0.3, 3), np.arange(side)[None] + 0 * y, (np.arange(side) * 0.06)[:, None] + 0 * x)
    )
    colour = mix(light, dark, ring**2.2 * smoothstep(1.0, 0.94, ring)) * (1 - 0.12 * np.clip(pores, 0, 2))[..., None]
    return np.clip(mix(colour, dark * 0.5, knot), 0, 1)


def _turing(rng: Rng, side: int, wavelength: float, bias: float, stretch: float = 1.0) -> Array:
    """Activator and inhibitor reduced to their difference: noise sharpened at one wavelength until it settles.

    Of the activator-inhibitor kind (Turing 1952), as the iterated filter that Young (1984) showed it to be.
    stretch: how much longer than wide the stripes like to be.
    """
    fy, fx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    angle = rng.uniform(0, np.pi)
    u, v = np.cos(angle) * fx + np.sin(angle) * fy, np.cos(angle) * fy - np.sin(angle) * fx
    f = np.hypot(u, v * stretch) * wavelength
    gain = np.exp(-((f - 1) ** 2) / 0.12).astype(np.float32)
    field = rng.standard_normal((side, side)).astype(np.float32)
    for _ in range(14):
        field = np.fft.irfft2(np.fft.rfft2(field) * gain, (side, side)).astype(np.float32)
        field = np.tanh(2.2 * (field / (field.std() + 1e-9) + bias))
    return field


def _haired(rng: Rng, colour: Array, strength: float) -> Array:
    """Short hairs over a coat: the picture smeared along a field of directions, with streaks of light."""
    side = len(colour)
    direction = rng.uniform(0, 2 * np.pi) + 0.6 * fractal(rng, side, 2.6, 1)
    py, px = np.mgrid[:side, :side].astype(np.float32)
    streaks = fractal(rng, side, 0.4, 8)
    smeared, grain = np.zeros_like(colour), np.zeros_like(streaks)
    steps = 7
    for k in range(steps):
        x, y = px + np.cos(direction) * k * 1.3, py + np.sin(direction) * k * 1.3
        smeared += lookup(colour, np.clip(x, 0, side - 1), np.clip(y, 0, side - 1)) / steps
        grain += lookup(streaks, x, y) / steps
    return np.clip(smeared * (1 + strength * grain / (grain.std() + 1e-9) * 0.28)[..., None], 0, 1)


def _segment(distance: Array, px: Array, py: Array, a: Array, b: Array) -> None:
    dx, dy = b - a
    t = np.clip(((px - a[0]) * dx + (py - a[1]) * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
    np.minimum(distance, np.hypot(px - a[0] - t * dx, py - a[1] - t * dy).astype(np.float32), out=distance)


PAINTERS = {
    "clouds": clouds,
    "flames": flames,
    "galaxy": galaxy,
    "labyrinth": labyrinth,
    "leopard": leopard,
    "lightning": lightning,
    "marble": marble,
    "ripples": ripples,
    "waves": waves,
    "wood": wood,
    "zebra": zebra,
}
