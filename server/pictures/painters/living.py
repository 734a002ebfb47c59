"""Painted motifs of living things, cut out: eyes, wings, feathers; and coats: fur, bark."""

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


def eye(rng: Rng, side: int) -> Array:
    """An eye between its lids: iris, pupil, glint, lashes, skin around it or none."""
    x, y = grid(side)
    open_ = rng.uniform(0.36, 0.62)
    slant = rng.uniform(-0.12, 0.12)
    y = y - slant * x
    bow = np.clip(1 - (x / 0.86) ** 2, 0, 1)
    upper, lower = -open_ * bow ** rng.uniform(0.6, 0.9), open_ * 0.72 * bow ** rng.uniform(0.6, 1.0)
    inside = np.minimum(y - upper, lower - y) * (np.abs(x) < 0.86)
    gaze = rng.uniform(-0.16, 0.16)
    radius = rng.uniform(0.32, 0.46)
    dx, dy = x - gaze, y - rng.uniform(-0.06, 0.04)
    r, a = np.hypot(dx, dy) / radius, np.arctan2(dy, dx)
    hue = rng.choice([0.07, 0.1, 0.28, 0.55, 0.6, 0.4, 0.13, 0.04])
    fibre = _around(rng, a, r, 40)
    iris = ramp(
        np.clip(r + 0.1 * fibre, 0, 1),
        [hsv(hue + 0.06, 0.8, 0.75), hsv(hue, 0.9, 0.85), hsv(hue, 0.85, 0.55), hsv(hue, 0.9, 0.12)],
        [0.3, 0.55, 0.82, 1.0],
    )
    iris = iris * (1 + 0.3 * fibre)[..., None]
    slit = rng.random()
    if slit < 0.2:  # a cat's or a reptile's
        hole = np.hypot(dx / (radius * rng.uniform(0.1, 0.22)), dy / (radius * 0.85))
    else:
        hole = r / rng.uniform(0.3, 0.52)
    iris = mix(iris, (0.01, 0.01, 0.015), smoothstep(1.06, 0.94, hole))
    white = hsv(0.05, 0.06, 0.96) * (0.72 + 0.28 * smoothstep(-0.02, 0.3, inside))[..., None]
    veins = smoothstep(0.07, 0.0, np.abs(fractal(rng, side, 1.5, 2))) * smoothstep(0.5, 0.85, np.abs(x))
    white = mix(white, (0.85, 0.3, 0.28), veins * 0.4)
    ball = mix(white, np.clip(iris, 0, 1), smoothstep(1.03, 0.97, r))
    ball = ball * (0.55 + 0.45 * smoothstep(0.0, 0.2, y - upper))[..., None]
    gx, gy = rng.choice([-1, 1]) * 0.32, -0.38
    glint = smoothstep(0.2, 0.12, np.hypot(dx / radius - gx, dy / radius - gy)) + 0.6 * smoothstep(
        0.1, 0.05, np.hypot(dx / radius + gx, dy / radius + gy)
    )
    ball = mix(ball, (1, 1, 1), np.clip(glint, 0, 1))
    skin_hue, tone = rng.uniform(0.03, 0.08), rng.uniform(0.35, 0.95)
    skin = hsv(skin_hue, rng.uniform(0.3, 0.55), np.clip(tone * (1 + 0.05 * fractal(rng, side, 1.5)), 0, 1))
    if rng.random() < 0.3:
        skin = hsv(rng.uniform(0, 1), 0.6, np.clip(tone * (0.8 + 0.05 * fractal(rng, side, 1.2)), 0, 1))
    fold = (
        np.exp(-(((y - upper + 0.11) / 0.025) ** 2)) * bow * 0.6
        + np.exp(-(((y - lower - 0.09) / 0.04) ** 2)) * bow * 0.3
    )
    skin = skin * (1 - 0.55 * fold - 0.35 * np.exp(-np.abs(inside) / 0.08) * (inside < 0))[..., None]
    colour = mix(skin, ball, smoothstep(-0.012, 0.012, inside))
    lash = _lashes(rng, x, y, upper, bow) + smoothstep(0.035, 0.012, np.abs(y - upper)) * (np.abs(x) < 0.86)
    colour = mix(colour, (0.05, 0.03, 0.03), np.clip(lash, 0, 1) * 0.95)
    patch = np.hypot(x / 0.98, (y + 0.02) / (open_ + 0.36)) + 0.04 * fractal(rng, side, 2.0, 2)
    alpha = smoothstep(1.0, rng.uniform(0.75, 0.95), patch)
    return _cut(np.clip(colour, 0, 1), alpha)


def butterfly(rng: Rng, side: int) -> Array:
    """Four wings with veins, bands and eye spots, a body, feelers."""
    x, y = grid(side)
    u = np.abs(x)
    hue, other = rng.uniform(0, 1), rng.choice([0.08, 0.5, 0.15, 0.4, 0.0])
    dark = hsv(hue + other, 0.8, 0.08)
    colour, alpha = np.zeros((side, side, 3), np.float32), np.zeros_like(x)
    shapes = [(0.05, 0.1, rng.uniform(0.85, 1.25), 0.72, 0.0), (0.04, -0.02, rng.uniform(-0.75, -0.35), 0.98, 0.12)]
    for part, (ox, oy, aim, reach, scallop) in enumerate(shapes):
        dx, dy = u - ox, y - oy
        r, a = np.hypot(dx, dy) / reach, np.arctan2(dy, dx) - aim
        wide = rng.uniform(0.62, 0.9)
        border = np.clip(np.cos(a / wide * np.pi / 2), 0, 1) ** 0.55 * (np.abs(a) < wide)
        border = border * (1 + (0.05 + 0.5 * scallop) * 0.3 * np.cos(a * 22)) * (1 + 0.15 * (a if part else -a))
        t = r / (border + 1e-3)
        wing = smoothstep(1.0, 0.97, t) * (border > 0.02)
        veins = smoothstep(0.05, 0.015, np.abs(((a * 7) % 1) - 0.5) * r * 0.6) * (t > 0.2)
        ground = ramp(np.clip(t, 0, 1), [hsv(hue + 0.06, 0.85, 0.6), hsv(hue, 0.9, 0.98), hsv(hue - 0.04, 0.85, 0.8)])
        band_at = rng.uniform(0.45, 0.7)
        ground = mix(
            ground, hsv(hue + other, 0.6, 0.95), smoothstep(0.09, 0.05, np.abs(t - band_at + 0.05 * np.cos(a * 14)))
        )
        ground = mix(ground, dark, np.clip(veins * 0.8 + smoothstep(0.84, 0.9, t), 0, 1))
        spots = smoothstep(0.3, 0.2, np.hypot((a * 7 % 1) - 0.5, (t - 0.92) * 7))
        ground = mix(ground, (0.98, 0.95, 0.85), spots)
        ex, ey = 0.6 * reach * np.cos(aim) + ox, 0.6 * reach * np.sin(aim) + oy
        if rng.random() < 0.7:
            e = np.hypot(u - ex, y - ey) / rng.uniform(0.1, 0.16)
            rings = ramp(
                np.clip(e, 0, 1),
                [(1, 1, 1), (0.02, 0.02, 0.03), (0.02, 0.02, 0.05), hsv(hue + 0.5, 0.9, 0.9), (0.98, 0.85, 0.25), dark],
                [0.0, 0.2, 0.42, 0.55, 0.8, 1.0],
            )
            ground = mix(ground, rings, smoothstep(1.0, 0.94, e))
        colour, alpha = (
            mix(colour, ground * (0.93 + 0.07 * np.sin(r * 160 + a * 60))[..., None], wing),
            np.maximum(alpha, wing),
        )
    body = np.hypot(u / (0.05 - 0.015 * y), (y - 0.05) / 0.42)
    stripes = 0.6 + 0.4 * np.sin(y * 60)
    inside = smoothstep(1.05, 0.92, body)
    colour = mix(colour, hsv(0.07, 0.6, 0.3) * (stripes * (1.1 - body.clip(0, 1) * 0.6))[..., None], inside)
    feeler = (
        smoothstep(0.016, 0.006, np.abs(u - 0.02 - 0.55 * (-0.35 - y) ** 1.0 * ((y < -0.35) * 1.0) + 0 * y))
        * (y < -0.33)
        * (y > -0.8)
    )
    knob = smoothstep(0.035, 0.022, np.hypot(u - 0.27, y + 0.8))
    thin = np.clip(feeler + knob, 0, 1)
    colour, alpha = mix(colour, (0.08, 0.05, 0.04), thin), np.maximum(np.maximum(alpha, inside), thin)
    return _cut(np.clip(colour, 0, 1), alpha)


def feather(rng: Rng, side: int) -> Array:
    """A quill with barbs, banded or plain, parted here and there."""
    x, y = grid(side)
    x, y = x * 1.0 + 0.1 * np.sin(y * 1.5 + rng.uniform(-1, 1)) * rng.uniform(0.3, 2), y
    t = np.clip((0.85 - y) / 1.75, 0, 1)
    width = rng.uniform(0.24, 0.4) * np.sin(np.pi * t**0.75).clip(0) ** 0.6 * (t > 0.1)
    barb = y * 1.0 + np.abs(x) * rng.uniform(0.9, 1.5)
    torn = smoothstep(0.25, 0.7, np.sin(barb * 5 + np.sign(x) * 2 + rng.uniform(0, 6)) ** 12) * np.abs(x) * 1.3
    fringe = 0.025 * np.sin(barb * 130)
    vane = smoothstep(0.012, -0.012, np.abs(x) - width + fringe + torn * 0.25)
    hue, style = rng.uniform(0, 1), rng.integers(3)
    first, second = (
        hsv(hue, rng.uniform(0.3, 0.95), rng.uniform(0.6, 1)),
        hsv(hue + rng.choice([0.05, 0.5, 0.15]), 0.8, rng.uniform(0.1, 0.6)),
    )
    bands = [
        np.sin(barb * rng.uniform(14, 24)),
        (t - rng.uniform(0.55, 0.8)) * 8,
        np.abs(x) / (width + 1e-3) * 4 - 2.4,
    ][style]
    colour = mix(first, second, smoothstep(-0.4, 0.4, bands))
    colour = colour * (0.82 + 0.18 * np.sin(barb * 110 + 6 * np.abs(x)))[..., None]
    down = smoothstep(0.22, 0.1, t) * smoothstep(0.3, 0.0, np.abs(x)) * (fractal(rng, side, 0.9, 10) > 0.1) * (t > 0.08)
    colour = mix(colour, (0.93, 0.91, 0.88), down * 0.8)
    quill = smoothstep(0.024, 0.012, np.abs(x) / (1.3 - t)) * (y < 0.97) * (t < 0.97)
    colour = mix(colour, (0.96, 0.92, 0.82), quill)
    return _cut(np.clip(colour, 0, 1), np.clip(np.maximum(np.maximum(vane, quill), down * 0.7), 0, 1))


def peacock(rng: Rng, side: int) -> Array:
    """A fan of plumes, each with its eye of blue and bronze."""
    x, y = grid(side)
    colour = hsv(0.38, 0.85, np.clip(0.2 + 0.05 * fractal(rng, side, 1.0, 8), 0, 1))
    scale = rng.uniform(1.4, 3.0)
    oy = rng.uniform(1.0, 1.6)
    r, a = np.hypot(x, y - oy) * scale, np.arctan2(x, oy - y)
    hue = rng.uniform(-0.03, 0.03)
    count = rng.integers(6, 10)
    for row in range(int(r.max()) + 2, 0, -1):
        middle = (np.floor(a * count / 1.6 + 0.5 * (row % 2)) + 0.5 - 0.5 * (row % 2)) * 1.6 / count
        dx, dy = np.sin(a - middle) * r, np.cos(a - middle) * r - row
        e = np.hypot(dx, dy * 0.8 - 0.06 * np.sign(dy) * dy) / 0.42
        barbs = 0.75 + 0.25 * np.sin(np.arctan2(dy + 0.5, dx) * 60 + e * 6)
        plume = smoothstep(2.0, 1.2, np.hypot(dx, np.minimum(dy, 0) * 0.35 + np.maximum(dy, 0)) / 0.36)
        colour = mix(colour, hsv(0.33 + hue, 0.9, 0.55) * barbs[..., None], plume * 0.9)
        rings = ramp(
            np.clip(e, 0, 1),
            [
                hsv(0.68, 0.95, 0.22),
                hsv(0.66, 0.95, 0.35),
                hsv(0.5 + hue, 0.95, 0.9),
                hsv(0.1 + hue, 0.85, 0.75),
                hsv(0.09, 0.8, 0.5),
                hsv(0.22 + hue, 0.8, 0.75),
                hsv(0.35 + hue, 0.85, 0.5),
            ],
            [0.0, 0.3, 0.42, 0.56, 0.74, 0.84, 1.0],
        )
        colour = mix(colour, rings * (0.8 + 0.2 * barbs)[..., None], smoothstep(1.02, 0.95, e))
    return np.clip(colour * (1 + 0.12 * fractal(rng, side, 2.0))[..., None], 0, 1)


def fur(rng: Rng, side: int) -> Array:
    """Locks of long hair lying over one another, in whorls."""
    hue, strength = rng.choice([0.06, 0.08, 0.1, 0.04, 0.6, rng.uniform(0, 1)]), rng.uniform(0.25, 0.8)
    field = rng.uniform(0, 6.3) + rng.uniform(0.5, 1.3) * fractal(rng, side, 2.6, 1)
    py, px = np.mgrid[:side, :side].astype(np.float32)
    noise = fractal(rng, side, 0.25, 10) + 0.8 * fractal(rng, side, 0.8, 4)
    length = int(side * rng.uniform(0.07, 0.14))
    x, y, light = px.copy(), py.copy(), np.zeros((side, side), np.float32)
    for k in range(length):  # a line integral through noise along the lie of the hair (Cabral and Leedom 1993)
        way = lookup(field, x, y)
        x, y = x + np.cos(way), y + np.sin(way)
        light += lookup(noise, x, y) * np.sin(np.pi * (k + 1) / (length + 1))
    light = light / (light.std() + 1e-9)
    tips = np.clip(0.5 + 0.26 * light, 0, 1)
    lock = smoothstep(-1.2, 1.2, fractal(rng, side, 1.8, 2))
    colour = ramp(tips, [hsv(hue, strength, 0.12), hsv(hue, strength, 0.5), hsv(hue + 0.03, strength * 0.6, 0.98)])
    other = ramp(
        tips, [hsv(hue + 0.02, strength, 0.06), hsv(hue + 0.01, strength, 0.3), hsv(hue + 0.04, strength * 0.7, 0.75)]
    )
    return relief(rng, np.clip(mix(colour, other, lock * rng.uniform(0.2, 1)), 0, 1), 1.6 * light, 0.5, 0.12)


def bark(rng: Rng, side: int) -> Array:
    """Furrowed plates of bark running up a trunk, or a birch's white with black lips."""
    x, y = grid(side)
    hue = rng.uniform(0.05, 0.1)
    if rng.random() < 0.3:
        colour = hsv(0.1, 0.08, np.clip(0.88 + 0.05 * fractal(rng, side, 1.2), 0, 1))
        for scale, size in ((3.5, 0.3), (7, 0.25)):
            lip = cells(x * scale / 1.6 + 9, y * scale * 2.2 + 0.15 * fractal(rng, side, 1.8, 2), seed_of(rng))
            long = 0.15 + 0.4 * chance(lip.i, lip.j, 3)
            mark = smoothstep(
                1.0, 0.75, np.hypot(lip.dx / long, lip.dy / (size * 0.5)) + 0.2 * fractal(rng, side, 1.2, 4)
            )
            colour = mix(colour, (0.08, 0.06, 0.05), mark * (chance(lip.i, lip.j, 4) > 0.35))
        return relief(rng, np.clip(colour, 0, 1), fractal(rng, side, 1.4, 2), 0.6, 0.0)
    warp = 0.1 * fractal(rng, side, 2.3, 1)
    wide = rng.uniform(3, 6.5)
    plate = cells(
        (x + warp) * wide + 9, y * wide * rng.uniform(0.22, 0.45) + 0.1 * fractal(rng, side, 1.5), seed_of(rng), 0.9
    )
    fine = fractal(rng, side, 1.5, 5)
    furrow = smoothstep(0.28, 0.04, plate.edge + 0.06 * fine)
    tone = chance(plate.i, plate.j, 3)
    colour = hsv(hue + 0.02 * tone, rng.uniform(0.3, 0.6), np.clip(0.45 + 0.22 * tone + 0.08 * fine, 0, 1))
    moss = smoothstep(0.6, 1.6, fractal(rng, side, 2.0, 1)) * rng.choice([0, 0, 0.8])
    colour = mix(mix(colour, hsv(0.25, 0.7, 0.5), moss), hsv(hue, 0.6, 0.1), furrow)
    return relief(rng, np.clip(colour, 0, 1), blur(9 * smoothstep(0.0, 0.35, plate.edge) + 1.5 * fine, 0.6), 0.7, 0.0)


def snowflake(rng: Rng, side: int) -> Array:
    """Six arms with branches, of ice."""
    x, y = grid(side)
    x, y = turned(x, y, rng.uniform(0, 1))
    r, a = np.hypot(x, y), np.arctan2(y, x)
    a = np.abs((a + np.pi / 6) % (np.pi / 3) - np.pi / 6)
    u, v = r * np.cos(a), r * np.sin(a)
    thick = rng.uniform(0.02, 0.04)
    distance = np.where(u < 0.93, v, np.hypot(u - 0.93, v))
    for at in np.sort(rng.uniform(0.18, 0.85, rng.integers(3, 6))):
        long = rng.uniform(0.3, 0.75) * (1.05 - at) * 0.9
        c, s = np.cos(np.pi / 3), np.sin(np.pi / 3)
        along = np.clip((u - at) * c + v * s, 0, long)
        distance = np.minimum(distance, np.hypot(u - at - along * c, v - along * s) + 0.012 * along)
    plate = rng.uniform(0.1, 0.35)
    hexagon = np.maximum(u, u * 0.5 + v * np.sqrt(3) / 2) - plate
    shape = np.minimum(distance - thick, np.where(rng.random() < 0.6, np.abs(hexagon) - thick, hexagon))
    alpha = smoothstep(0.012, -0.012, shape)
    ice = hsv(rng.uniform(0.5, 0.62), rng.uniform(0.05, 0.4), 1.0)
    colour = ice * (0.62 + 0.5 * smoothstep(0.0, -thick, shape) + 0.12 * np.sin(r * 40))[..., None]
    return _cut(np.clip(colour, 0, 1), alpha * 0.96)


def spiderweb(rng: Rng, side: int) -> Array:
    """Spokes and sagging rings, with dew, before what is out of focus."""
    x, y = grid(side)
    back = blur(
        np.clip(
            hsv(
                rng.uniform(0, 1) + 0.08 * fractal(rng, side, 2.0, 1),
                0.6,
                np.clip(0.26 + 0.1 * fractal(rng, side, 2.0, 1), 0, 1),
            ),
            0,
            1,
        ),
        side / 25,
    )
    x, y = x - rng.uniform(-0.35, 0.35), y - rng.uniform(-0.35, 0.35)
    count = int(rng.integers(11, 19))
    angles = np.sort((np.arange(count) + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count)
    r, a = np.hypot(x, y), np.arctan2(y, x) % (2 * np.pi)
    after = np.searchsorted(angles, a) % count
    left, right = angles[after - 1], angles[after]
    span = (right - left) % (2 * np.pi)
    share = ((a - left) % (2 * np.pi)) / span
    spoke = (
        np.minimum(
            np.sin(np.clip((a - left) % (2 * np.pi), 0, 1.5)), np.sin(np.clip((right - a) % (2 * np.pi), 0, 1.5))
        )
        * r
    )
    sag = 1 + 0.13 * np.sin(np.pi * share) * span * 2
    pitch = rng.uniform(8, 15)
    ring_at = r * sag * pitch
    ring = np.abs(ring_at - np.round(ring_at)) / pitch * (ring_at > 0.7) + (ring_at <= 0.7)
    width = 1.3 / side
    thread = np.maximum(smoothstep(width * 2.4, width, spoke), 0.9 * smoothstep(width * 2.4, width, ring))
    pearl_at = share * np.maximum(r * span * 26, 1)
    pearl = np.hypot((pearl_at % 1 - 0.5) / 26 * 1.0, ring)
    dew = smoothstep(0.013, 0.006, pearl) * (ring_at > 0.7) * rng.choice([0, 1, 1])
    colour = mix(back, (0.93, 0.95, 0.97), np.clip(thread * 0.85 + dew, 0, 1))
    return np.clip(colour, 0, 1)


def _around(rng: Rng, a: Array, r: Array, count: int) -> Array:
    """Noise in rays around a centre, about −1..1, ``count`` rays around."""
    side = len(a)
    noise = fractal(rng, side, 0.6, 3)
    u = (a / (2 * np.pi) % 1) * side * np.round(count / 8) / 4
    return np.clip(lookup(noise, u, r * side * 0.04 + 7) * 0.5, -1, 1)


def _lashes(rng: Rng, x: Array, y: Array, upper: Array, bow: Array) -> Array:
    """Curved strokes rising from the upper lid."""
    rise = np.clip((upper - y) / rng.uniform(0.16, 0.28), 0, 1)
    root = x - 0.32 * x * rise - 0.1 * np.sign(x) * rise**2
    stroke = np.abs(((root * rng.uniform(11, 17)) % 1) - 0.5) / 8
    return smoothstep(0.016, 0.004, stroke + 0.014 * rise) * (y < upper) * (rise < 0.95) * (bow > 0.12)


def _cut(colour: Array, alpha: Array) -> Array:
    return np.dstack([colour, np.clip(alpha, 0, 1)]).astype(np.float32)


PAINTERS = {
    "bark": bark,
    "butterfly": butterfly,
    "eye": eye,
    "feather": feather,
    "fur": fur,
    "peacock": peacock,
    "snowflake": snowflake,
    "spiderweb": spiderweb,
}
