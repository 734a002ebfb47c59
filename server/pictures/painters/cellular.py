"""Patterns of cells: honeycomb, scales, cracks, glass, bubbles, tesserae, stones."""

from __future__ import annotations

import itertools

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
    mix,
    ramp,
    relief,
    seed_of,
    smoothstep,
)


def honeycomb(rng: Rng, side: int) -> Array:
    """Hexagons of wax, some full of honey, some capped."""
    x, y = _plane(rng, side, rng.uniform(3.5, 9), wobble=0.12)
    a, b, inside, i, j = _hexagons(x, y)
    wall = smoothstep(0.36, 0.47, inside)
    fill = chance(i, j, seed_of(rng))
    empty = hsv(rng.uniform(0.07, 0.1), 0.95, 0.12 + 0.35 * smoothstep(0.4, -0.5, b + 0.4 * a))
    honey = hsv(rng.uniform(0.09, 0.12), 0.95, 0.85 + 0.15 * a)
    capped = hsv(rng.uniform(0.11, 0.13), 0.45, 0.9 + 0 * a) * (0.92 + 0.06 * fractal(rng, side, 1.2))[..., None]
    kinds = np.sort(rng.uniform(0.1, 1.0, 2))
    floor = np.where((fill < kinds[0])[..., None], empty, np.where((fill < kinds[1])[..., None], honey, capped))
    colour = mix(floor, hsv(rng.uniform(0.1, 0.125), rng.uniform(0.6, 0.9), 0.95), wall)
    height = wall * 5 + np.where(fill > kinds[1], 3.5 * (1 - 3 * inside**2), 0) * (1 - wall)
    shine = smoothstep(0.16, 0.05, np.hypot(a + 0.13, b + 0.16)) * ((fill >= kinds[0]) & (fill < kinds[1]))
    return relief(rng, np.clip(colour + 0.55 * shine[..., None], 0, 1), blur(height, 1.0), 0.9, 0.3)


def scales(rng: Rng, side: int) -> Array:
    """Overlapping rows of a reptile's or a fish's scales."""
    x, y = _plane(rng, side, rng.uniform(4, 10), wobble=0.12)
    long, pointed = rng.uniform(0.68, 0.95), rng.uniform(0.0, 0.6)
    shape, rise = np.ones_like(x), np.zeros_like(x)
    u, i, j = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for step in (1, 0, -1, -2):  # rows further up lie on those below
        r = np.floor(y * 2) + step
        shift = (r % 2) * 0.5
        c = np.round(x - shift)
        dx, dy = x - shift - c, y - r / 2
        d = np.hypot(dx / 0.52, dy / long) * (1 - pointed) + pointed * (np.abs(dx) / 0.56 + np.abs(dy) / long)
        covers = d < 1
        for old, new in ((shape, d), (rise, dy), (u, dx), (i, c), (j, r)):
            old[covers] = new[covers]
    tone, hue = chance(i.astype(int), j.astype(int), seed_of(rng)), rng.uniform(0, 1)
    drift = smoothstep(-1.5, 1.5, fractal(rng, side, 2.4, 1))
    saturation, dark = rng.uniform(0.5, 0.95), rng.uniform(0.3, 0.7)
    base = hsv(hue + 0.04 * tone + rng.uniform(0.0, 0.3) * drift, saturation, dark + 0.3 * tone)
    colour = base * (0.4 + 0.75 * smoothstep(-0.1, 0.6, rise))[..., None]
    colour = mix(colour, hsv(hue + 0.08, saturation * 0.4, 1.0), smoothstep(0.72, 0.95, shape) * rng.uniform(0.3, 0.9))
    colour = colour * (1 - 0.75 * smoothstep(0.93, 1.0, shape))[..., None]
    keel = np.exp(-((u / 0.06) ** 2)) * rng.uniform(0, 2)
    height = 9 * rise + 4 * np.sqrt(np.clip(1 - shape**2, 0, 1)) + keel
    return relief(rng, np.clip(colour, 0, 1), blur(height, 0.7), 0.5, 0.4)


def cracked_earth(rng: Rng, side: int) -> Array:
    """Dry mud broken into plates, the cracks dark and deep."""
    x, y = _plane(rng, side, rng.uniform(3, 8), wobble=0.35)
    coarse, fine = cells(x, y, seed_of(rng)), cells(x * 2.7, y * 2.7, seed_of(rng))
    noise = fractal(rng, side, 1.4)
    crack = smoothstep(0.1, 0.02, coarse.edge + 0.02 * noise)
    small = smoothstep(0.05, 0.0, fine.edge) * 0.6 * (chance(coarse.i, coarse.j, 3) > 0.4)
    hue = rng.uniform(0.04, 0.11)
    tone = chance(coarse.i, coarse.j, seed_of(rng))
    plate = hsv(hue + 0.015 * tone, rng.uniform(0.25, 0.65), 0.65 + 0.2 * tone + 0.07 * noise)
    colour = mix(plate, hsv(hue, 0.6, 0.1), np.maximum(crack, small))
    curl = 7 * smoothstep(0.0, 0.3, coarse.edge) + 3 * smoothstep(0.35, 0.05, coarse.edge) + 0.8 * noise
    return relief(rng, np.clip(colour, 0, 1), blur(curl - 6 * crack, 0.8), 0.8, 0.0)


def stained_glass(rng: Rng, side: int) -> Array:
    """Panes of glowing colours in lead, often in a rose or rays."""
    kind = rng.integers(3)
    x, y = grid(side)
    if kind == 0:
        px, py = _plane(rng, side, rng.uniform(3, 6))
        found = cells(px, py, seed_of(rng), rng.uniform(0.6, 1.0))
        edge, i, j = found.edge * 0.35, found.i, found.j
    else:
        x, y = x - rng.uniform(-0.3, 0.3), y - rng.uniform(-0.3, 0.3)
        r, a = np.hypot(x, y) * rng.uniform(2.5, 4.5), np.arctan2(y, x)
        petals = int(rng.integers(3, 7)) * 2
        r = r * (1 + (0.14 if kind == 2 else 0.0) * np.cos(a * petals))
        ring = np.floor(r)
        count = petals * np.maximum(2.0 ** np.floor(np.log2(np.maximum(ring, 1)) * 0.8), 1)
        sector = a / (2 * np.pi) * count + 0.5 * (ring % 2)
        i, j = ring.astype(int), (np.floor(sector) % count).astype(int)
        if rng.random() < 0.7:
            j = j % np.maximum(count // petals * 2, 1).astype(int)
        along = np.minimum(sector % 1, 1 - sector % 1) * (2 * np.pi) * np.maximum(r, 0.2) / count
        edge = np.minimum(np.minimum(r % 1, 1 - r % 1) * 0.9, along) * 0.4
    seed = seed_of(rng)
    hues = rng.uniform(0, 1) + np.array([0, 0.08, 0.35, 0.55, 0.62, 0.95])
    hue = hues[(chance(i, j, seed) * len(hues)).astype(int)]
    value = 0.5 + 0.5 * chance(i, j, seed + 1)
    glow = 1 + 0.18 * fractal(rng, side, 2.0) + 0.05 * fractal(rng, side, 0.6)
    glass = hsv(hue % 1, 0.65 + 0.35 * chance(i, j, seed + 2), np.clip(value * glow, 0, 1))
    width = rng.uniform(0.02, 0.04)
    lead = smoothstep(width * 1.4, width * 0.7, edge)
    colour = mix(glass, (0.05, 0.05, 0.06), lead)
    return np.clip(colour + 0.25 * (lead * smoothstep(width * 0.5, 0, edge))[..., None], 0, 1)


def bubbles(rng: Rng, side: int) -> Array:
    """Foam: thin films, rims of light, windows mirrored in them."""
    tint = rng.uniform(0, 1)
    under = hsv((tint + 0.06 * fractal(rng, side, 2.2)) % 1, 0.55, np.clip(0.4 + 0.12 * fractal(rng, side, 2.0), 0, 1))
    colour = under
    for scale in sorted(rng.uniform(2, 9, 3))[::-1]:
        x, y = _plane(rng, side, scale)
        found = cells(x, y, seed_of(rng), 0.75)
        size = 0.3 + 0.25 * chance(found.i, found.j, 5)
        r = found.nearest / size
        shell = np.clip(1 - r, 0, 1)
        film = hsv((0.5 + 1.1 * r + 0.25 * found.dy + chance(found.i, found.j, 9)) % 1, 0.45, 1.0)
        rim = smoothstep(0.6, 0.97, r) * smoothstep(1.03, 0.98, r)
        inside = smoothstep(1.02, 0.98, r) * 0.28 + 0.62 * rim
        colour = mix(colour, film, inside * (shell > -1))
        dx, dy = found.dx / size, found.dy / size
        light = smoothstep(0.2, 0.1, np.hypot((dx + 0.42) * 1.0, (dy + 0.45) * 1.3))
        light = light + 0.5 * smoothstep(0.12, 0.05, np.abs(np.hypot(dx, dy) - 0.75)) * (dx + dy > 0.75)
        colour = mix(colour, (1, 1, 1), np.clip(light, 0, 1) * (r < 1))
    return np.clip(colour, 0, 1)


def mosaic(rng: Rng, side: int) -> Array:
    """Small stones laid along waves and rings, in a few colours."""
    x, y = grid(side)
    field = fractal(rng, side, 3.0) * rng.uniform(0.2, 0.45) + np.hypot(x - rng.uniform(-1, 1), y - rng.uniform(-1, 1))
    rows = field * rng.uniform(8, 13)
    gy, gx = np.gradient(field * side / 2)
    steep = np.hypot(gx, gy) + 0.15
    along = np.arctan2(y - 0.3, x + 0.2) * 2 + (x * -gy + y * gx) / steep * 3
    row = np.floor(rows)
    cell = along * 3.2 + 0.37 * row
    j = np.floor(cell)
    gap = np.minimum(np.minimum(rows % 1, 1 - rows % 1), np.minimum(cell % 1, 1 - cell % 1))
    seed, hue = seed_of(rng), rng.uniform(0, 1)
    palette = np.stack(
        [
            hsv(hue + d, s, v)
            for d, s, v in ((0, 0.8, 0.8), (0.06, 0.7, 0.95), (0.5, 0.75, 0.7), (0.1, 0.15, 0.95), (0.58, 0.8, 0.35))
        ]
    )
    zone = np.floor(row / rng.integers(1, 4)).astype(int)
    pick = (chance(zone, 0 * zone, seed) * 5).astype(int)
    stray = chance(row.astype(int), j.astype(int), seed + 1)
    pick = np.where(stray < 0.18, (stray * 27).astype(int) % 5, pick)
    stone = palette[pick] * (0.75 + 0.4 * chance(row.astype(int), j.astype(int), seed + 2))[..., None]
    mortar = smoothstep(0.13, 0.05, gap)
    colour = mix(stone, (0.55, 0.52, 0.48), mortar)
    return relief(rng, np.clip(colour, 0, 1), 3 * smoothstep(0.04, 0.2, gap), 0.6, 0.3)


def pebbles(rng: Rng, side: int) -> Array:
    """Round stones lying close, wet or dry."""
    x, y = _plane(rng, side, rng.uniform(3, 8))
    x, y = x + 0.1 * fractal(rng, side, 2), y * rng.uniform(1.0, 1.5)
    found = cells(x, y, seed_of(rng), 0.8)
    seed = seed_of(rng)
    tone, kind = chance(found.i, found.j, seed), chance(found.i, found.j, seed + 1)
    vein = np.abs(np.sin(found.dx * 9 * (kind - 0.5) + found.dy * 9 * tone + 2 * fractal(rng, side, 1.8)))
    hue = np.where(kind < 0.35, 0.07, np.where(kind < 0.6, 0.58, np.where(kind < 0.85, 0.1, 0.02)))
    stone = hsv(hue, 0.1 + 0.4 * kind * tone, 0.3 + 0.6 * tone + 0.04 * fractal(rng, side, 0.9))
    stone = mix(stone, (0.95, 0.93, 0.9), smoothstep(0.12, 0.0, vein) * (tone > 0.5) * 0.7)
    round_ = np.sqrt(np.clip(1 - (found.nearest / 0.66) ** 2, 0, 1)) * smoothstep(0.0, 0.16, found.edge)
    colour = stone * smoothstep(0.0, 0.5, round_)[..., None]
    return relief(rng, np.clip(colour, 0, 1), blur(round_ * 24, 1.2), 0.8, rng.uniform(0.05, 0.45))


def circuit_board(rng: Rng, side: int) -> Array:
    """Copper tracks that run straight and bend at 45°, pads with holes, chips with legs."""
    count = int(rng.integers(12, 22))
    step = side / count
    board = hsv(rng.choice([0.36, 0.38, 0.42, 0.6, 0.02]), 0.9, rng.uniform(0.2, 0.38))
    px, py = np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5)
    track = np.full((side, side), 1e3, np.float32)
    pads = np.full((side, side), 1e3, np.float32)
    ways = np.array([(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)])
    taken = np.zeros((count + 2, count + 2), bool)
    for _ in range(count * 3):
        at, way = rng.integers(0, count, 2), int(rng.integers(8))
        if taken[tuple(at)]:
            continue
        start = at.copy()
        points = [at.copy()]
        for _ in range(int(rng.integers(2, 14))):
            ahead = at + ways[way]
            if (ahead < 0).any() or (ahead > count).any() or taken[tuple(ahead)]:
                way = (way + int(rng.choice([-1, 1]))) % 8
                continue
            taken[tuple(at)] = True
            at = ahead
            points.append(at.copy())
            if rng.random() < 0.22:
                way = (way + int(rng.choice([-1, 1]))) % 8
        taken[tuple(at)] = True
        for a, b in itertools.pairwise(points):
            _line(track, px, py, (a + 0.5) * step, (b + 0.5) * step)
        for end in (start, at):
            _line(pads, px, py, (end + 0.5) * step, (end + 0.5) * step)
    width = step * rng.uniform(0.13, 0.2)
    metal = hsv(rng.choice([0.11, 0.12, 0.08]), 0.55, 0.95)
    lines = smoothstep(width + 0.7, width - 0.7, track)
    colour = mix(np.broadcast_to(board, (side, side, 3)), board * 1.9 + 0.08, lines)
    ring = smoothstep(step * 0.36 + 0.7, step * 0.36 - 0.7, pads)
    colour = mix(mix(colour, metal, ring), (0.03, 0.03, 0.03), smoothstep(step * 0.15 + 0.7, step * 0.15 - 0.7, pads))
    height = 1.5 * lines + 2 * ring
    for _ in range(int(rng.integers(1, 4))):
        w, h = rng.integers(3, 7, 2) * step / 2
        cx, cy = rng.uniform(0, side, 2)
        inside = np.maximum(np.abs(px - cx) - w, np.abs(py - cy) - h)
        legs = (np.abs(px - cx) < w) & (inside < step * 0.45) & ((px - cx) % (step * 0.7) < step * 0.32)
        colour = mix(colour, (0.85, 0.86, 0.88), smoothstep(0.5, -0.5, np.where(legs, -1.0, 1.0)))
        chip = smoothstep(0.7, -0.7, inside)
        print_ = (
            chip
            * (np.abs(py - cy) < h * 0.35)
            * (np.abs(px - cx) < w * 0.65)
            * (np.sin(px * 1.3) * np.sin(py * 0.9) > 0)
        )
        colour = mix(mix(colour, (0.07, 0.07, 0.08), chip), (0.75, 0.75, 0.75), 0.6 * print_)
        height = height + 6 * chip
    return relief(rng, np.clip(colour, 0, 1).astype(np.float32), blur(height, 0.6), 0.5, 0.25)


def agate(rng: Rng, side: int) -> Array:
    """Bands of colour around a hollow lined with crystals."""
    x, y = grid(side)
    noise = fractal(rng, side, 2.2, 1)
    r = np.hypot(x - rng.uniform(-0.4, 0.4), y - rng.uniform(-0.4, 0.4)) + 0.14 * noise + 0.02 * fractal(rng, side, 1.3)
    hue = rng.uniform(0, 1)
    stops = np.sort(rng.uniform(0, 1, 14))
    tones = [hsv(hue + rng.normal(0, 0.06), rng.uniform(0.15, 0.95), rng.uniform(0.25, 1.0)) for _ in stops]
    u = (r * rng.uniform(0.9, 1.6)) % 1
    colour = ramp(u, tones, stops)
    colour = colour * (0.88 + 0.12 * np.sin(r * rng.uniform(90, 160)))[..., None]
    hollow = smoothstep(0.3, 0.22, r)
    px, py = _plane(rng, side, rng.uniform(16, 26))
    crystal = cells(px, py, seed_of(rng))
    glitter = hsv(hue + 0.03, 0.25, 0.45 + 0.55 * chance(crystal.i, crystal.j, 3))
    colour = mix(colour, glitter * (0.6 + 0.4 * smoothstep(0, 0.15, crystal.edge))[..., None], hollow)
    return relief(rng, np.clip(colour, 0, 1), blur(-5 * hollow, 2.0), 0.8, 0.35)


def _plane(rng: Rng, side: int, scale: float, wobble: float = 0.0) -> tuple[Array, Array]:
    """Coordinates with about ``scale`` units a side from a random corner, bent a little."""
    x, y = grid(side)
    x, y = x * scale / 2 + rng.uniform(0, 99), y * scale / 2 + rng.uniform(0, 99)
    if wobble:
        x, y = x + wobble * fractal(rng, side, 2.5), y + wobble * fractal(rng, side, 2.5)
    return x, y


def _hexagons(x: Array, y: Array) -> tuple[Array, Array, Array, Array, Array]:
    """The place in a hexagon, how near its border (0 in the middle, 0.5 on it), and its name."""
    tall = np.float32(np.sqrt(3))
    ax, ay = np.round(x), np.round(y / tall)
    bx, by = np.floor(x) + 0.5, np.floor(y / tall) + 0.5
    first = np.hypot(x - ax, y - ay * tall) < np.hypot(x - bx, y - by * tall)
    i, j = np.where(first, ax, bx), np.where(first, ay, by)
    a, b = x - i, y - j * tall
    inside = np.maximum(np.abs(a), np.abs(a) / 2 + np.abs(b) * tall / 2)
    return a, b, inside, (2 * i).astype(int), (2 * j).astype(int)


def _line(distance: Array, px: Array, py: Array, a: Array, b: Array) -> None:
    """Lower ``distance`` to that from the line between two points, near it."""
    reach = 14
    y0, y1 = int(max(min(a[1], b[1]) - reach, 0)), int(max(a[1], b[1]) + reach)
    x0, x1 = int(max(min(a[0], b[0]) - reach, 0)), int(max(a[0], b[0]) + reach)
    part = np.s_[y0:y1, x0:x1]
    dx, dy = b - a
    t = np.clip(((px[part] - a[0]) * dx + (py[part] - a[1]) * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
    distance[part] = np.minimum(distance[part], np.hypot(px[part] - a[0] - t * dx, py[part] - a[1] - t * dy))


PAINTERS = {
    "agate": agate,
    "bubbles": bubbles,
    "circuit-board": circuit_board,
    "cracked-earth": cracked_earth,
    "honeycomb": honeycomb,
    "mosaic": mosaic,
    "pebbles": pebbles,
    "scales": scales,
    "stained-glass": stained_glass,
}
