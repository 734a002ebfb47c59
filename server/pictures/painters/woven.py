"""Patterns made by hand: cloth, knitting, baskets, brickwork, tiles, rosettes."""

from __future__ import annotations

import numpy as np

from ..raster import Array, Rng, blur, chance, fractal, grid, hsv, mix, relief, seed_of, smoothstep


def woven_cloth(rng: Rng, side: int) -> Array:
    """Threads over and under one another, plain or twill, in stripes of colour."""
    x, y = grid(side)
    count = rng.uniform(7, 16)
    fold = 0.06 * fractal(rng, side, 2.6, 1)
    u, v = (x + fold) * count / 2 + 50, (y + np.roll(fold, side // 3, 0)) * count / 2 + 50
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    twill = rng.random() < 0.4
    over = ((i + j) % 4 < 2) if twill else ((i + j) % 2 == 0)
    across_u, across_v = u % 1 - 0.5, v % 1 - 0.5
    hues = rng.uniform(0, 1) + np.array([0.0, 0.5, 0.08, 0.33])
    palette = np.stack([hsv(h, rng.uniform(0.4, 0.95), rng.uniform(0.4, 1.0)) for h in hues] + [hsv(0.1, 0.12, 0.95)])
    repeat = rng.integers(2, 7)
    warp = palette[(chance(i // repeat % 4, 0 * i, seed_of(rng)) * 5).astype(int)]
    weft = palette[(chance(j // repeat % 4, 0 * j, seed_of(rng)) * 5).astype(int)]
    thread = np.where(over[..., None], warp, weft)
    across, along = np.where(over, across_u, across_v), np.where(over, across_v, across_u)
    round_ = np.sqrt(np.clip(1 - (across * 2.05) ** 2, 0, 1))
    arch = np.cos(along * np.pi * (0.5 if twill else 0.92))
    fibres = 0.86 + 0.14 * np.sin(across * 26 + along * 12)
    colour = thread * (fibres * (0.35 + 0.65 * round_ * (0.55 + 0.45 * arch)))[..., None]
    height = 5 * round_ * (0.4 + 0.6 * arch) + 16 * fold
    return relief(rng, np.clip(colour * 1.2, 0, 1), blur(height, 0.6), 0.55, 0.06)


def knitting(rng: Rng, side: int) -> Array:
    """Rows of V-shaped stitches of wool, in one colour or a motif of two."""
    x, y = grid(side)
    count = rng.uniform(7, 13)
    fold = 0.05 * fractal(rng, side, 2.6, 1)
    u, v = (x + fold) * count / 2 + 40, (y + fold) * count / 2 * 1.25 + 40
    column = np.floor(u).astype(int)
    across = u % 1
    half = np.where(across < 0.5, across, 1 - across)  # mirrored: the two legs of a stitch
    w = v + half * 1.3
    row = np.floor(w).astype(int)
    t = w % 1
    leg = np.hypot((half - 0.26) / 0.27, (t - 0.5) / 0.58)
    wool = np.clip(1 - leg**2, 0, 1)
    hue = rng.uniform(0, 1)
    first, second = (
        hsv(hue, rng.uniform(0.5, 0.95), rng.uniform(0.45, 0.95)),
        hsv(hue + rng.choice([0.5, 0.1, 0.0]), rng.uniform(0.0, 0.6), 0.95),
    )
    pattern = [
        0 * row,
        (row // 2) % 3 == 0,
        (np.abs(column % 8 - 4) + np.abs(row % 8 - 4)) % 4 == 0,
        (column + row) % 4 == 0,
    ][rng.integers(4)]
    colour = mix(first, second, np.asarray(pattern, np.float32))
    twist = 0.82 + 0.18 * np.sin((t * 9 + np.where(across < 0.5, 1, -1) * half * 16) * 2.4)
    colour = colour * (twist * (0.25 + 0.75 * np.sqrt(wool)))[..., None]
    fuzz = fractal(rng, side, 0.4, 10)
    return relief(
        rng,
        np.clip(colour * (1 + 0.05 * fuzz)[..., None] * 1.15, 0, 1),
        blur(6 * np.sqrt(wool) + 0.3 * fuzz, 0.7),
        0.55,
        0.0,
    )


def basket(rng: Rng, side: int) -> Array:
    """Withies woven around stakes."""
    x, y = grid(side)
    count = rng.uniform(3.5, 7)
    u = (x * (1 + 0.1 * y)) * count / 2 + 30
    v = (y + 0.02 * fractal(rng, side, 2.5)) * count * rng.uniform(1.3, 2.2) + 30
    row, column = np.floor(v).astype(int), np.floor(u + 0.5).astype(int)
    bend = np.cos(np.pi * (u + row))
    round_ = np.sqrt(np.clip(1 - ((v % 1) * 2 - 1) ** 2, 0, 1))
    hue, seed = rng.uniform(0.06, 0.11), seed_of(rng)
    tone = chance(row, 0 * row, seed)
    fibre = fractal(rng, side, 0.5, 6)
    withy = hsv(hue + 0.03 * tone, rng.uniform(0.45, 0.75), np.clip(0.5 + 0.4 * tone + 0.05 * fibre, 0, 1))
    dyed = (row % int(rng.integers(5, 9)) < 2) & (rng.random() < 0.6)
    withy = np.where(dyed[..., None], hsv(rng.uniform(0, 1), 0.75, 0.6) * (0.8 + 0.3 * tone)[..., None], withy)
    stake = np.sqrt(np.clip(1 - (((u + 0.5) % 1 - 0.5) / 0.17) ** 2, 0, 1))
    front = bend > -0.15
    lit = np.where(front, round_ * (0.62 + 0.38 * np.clip(bend, -1, 1)), 0.3 * round_)
    colour = withy * (0.15 + 0.85 * lit)[..., None]
    show = (stake > 0.05) & (bend < -0.35)
    colour = np.where(show[..., None], hsv(hue, 0.6, 0.6) * (0.2 + 0.8 * stake)[..., None], colour)
    height = np.where(show, 6 * stake, 7 * round_ * (0.6 + 0.4 * bend)) + 0 * column
    return relief(rng, np.clip(colour * 1.15, 0, 1), blur(height, 0.8), 0.6, 0.12)


def brickwork(rng: Rng, side: int) -> Array:
    """Courses of brick in a bond, weathered, with mortar."""
    x, y = grid(side)
    rows = rng.uniform(5, 12)
    v = y * rows / 2 + 20 + 0.02 * fractal(rng, side, 2.0)
    row = np.floor(v)
    bond = rng.choice([0.5, 0.5, 0.25])
    u = x * rows / 2 / rng.uniform(1.9, 2.8) + 20 + bond * (row % 2) + 0.02 * fractal(rng, side, 2.0)
    column = np.floor(u)
    noise, fine = fractal(rng, side, 1.5, 2), fractal(rng, side, 0.7, 8)
    edge = np.minimum(np.minimum(u % 1, 1 - u % 1) * 2.3, np.minimum(v % 1, 1 - v % 1)) + 0.014 * noise
    seed = seed_of(rng)
    tone, kind = (
        chance(row.astype(int), column.astype(int), seed),
        chance(row.astype(int), column.astype(int), seed + 1),
    )
    hue = rng.choice([0.02, 0.03, 0.05, 0.08, 0.0])
    brick = hsv(hue + 0.025 * kind, 0.55 + 0.25 * kind, np.clip(0.42 + 0.4 * tone + 0.05 * noise + 0.04 * fine, 0, 1))
    brick = np.where((kind > 0.92)[..., None], brick * 0.45, brick)
    joint = smoothstep(0.1, 0.05, edge)
    mortar = hsv(0.1, 0.12, np.clip(rng.uniform(0.5, 0.85) + 0.06 * fine, 0, 1))
    height = 5 * smoothstep(0.04, 0.15, edge) + 0.6 * fine + 0.6 * noise
    return relief(rng, np.clip(mix(brick, mortar, joint), 0, 1), height, 0.6, 0.02)


def star_tiles(rng: Rng, side: int) -> Array:
    """Tiles of eight-pointed stars and crosses, glazed."""
    x, y = grid(side)
    count = rng.uniform(2.2, 5)
    u, v = x * count / 2 + 20, y * count / 2 + 20
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    a, b = np.abs(u % 1 - 0.5), np.abs(v % 1 - 0.5)
    square, diamond = np.maximum(a, b), (a + b) / np.sqrt(2)
    star = np.minimum(square, diamond) - 0.353
    hue = rng.choice([0.55, 0.6, 0.48, 0.1, 0.38])
    tones = [
        hsv(hue, 0.85, 0.7),
        hsv(hue + 0.5, 0.75, 0.8),
        (0.95, 0.93, 0.87),
        hsv(hue + 0.08, 0.9, 0.35),
        hsv(0.12, 0.8, 0.9),
    ]
    order = rng.permutation(5)
    colour = mix(tones[order[0]], tones[order[1]], smoothstep(0.0, 0.012, star))
    inner = np.minimum(square, diamond)
    angle = np.arctan2(v % 1 - 0.5, u % 1 - 0.5)
    rose = inner - (0.17 + 0.05 * np.cos(8 * angle))
    colour = mix(colour, tones[order[2]], smoothstep(0.012, 0.0, np.abs(inner - 0.28) - 0.022))
    colour = mix(colour, tones[order[3]], smoothstep(0.01, -0.01, rose))
    colour = mix(colour, tones[order[4]], smoothstep(0.012, 0.0, inner - 0.06))
    corner = np.hypot(0.5 - a, 0.5 - b) - 0.1
    colour = mix(colour, tones[order[2]], smoothstep(0.012, 0.0, np.abs(corner) - 0.02))
    joint = np.minimum(np.abs(star), np.minimum(0.5 - a, 0.5 - b) * 1.0 + 0.0)
    colour = colour * (0.9 + 0.2 * chance(i, j, seed_of(rng)))[..., None]
    colour = mix(colour, (0.35, 0.33, 0.3), smoothstep(0.012, 0.004, joint))
    return relief(
        rng, np.clip(colour, 0, 1), 2.5 * smoothstep(0, 0.03, joint) + 0.5 * fractal(rng, side, 1.5, 2), 0.5, 0.45
    )


def mandala(rng: Rng, side: int) -> Array:
    """Rings of petals, dots and arches around a centre."""
    x, y = grid(side)
    x, y = x - rng.uniform(-0.15, 0.15), y - rng.uniform(-0.15, 0.15)
    r, a = np.hypot(x, y) * rng.uniform(4.5, 7), np.arctan2(y, x)
    hue, fold = rng.uniform(0, 1), int(rng.choice([6, 8, 10, 12]))
    hues = hue + np.array([0, 0.08, 0.5, 0.58, 0.3])
    ground = hsv(hue + 0.5, 0.8, 0.2)
    colour = np.broadcast_to(ground, (side, side, 3)).astype(np.float32)
    for k in range(int(r.max()) + 1):
        t = r - k
        here = (t >= 0) & (t < 1)
        count = fold * (1 if k < 2 else 2 if k < 5 else 4)
        u = ((a * count / (2 * np.pi) + 0.5 * (k % 2)) % 1) - 0.5
        wide = 2 * np.pi * (k + 0.5) / count
        kind = rng.integers(4)
        if kind == 0:
            shape = np.abs(u) * 2 - np.sqrt(np.clip(1 - np.clip(t, 0, 1) ** 1.6, 0, 1)) * 0.95
        elif kind == 1:
            shape = np.hypot(u * wide, t - 0.5) / 0.33 - 1
        elif kind == 2:
            shape = np.abs(u) * 2 - (1 - t) * 0.95
        else:
            shape = np.abs(u) * 2.2 - np.sin(np.pi * np.clip(t, 0, 1)).clip(0) ** 0.8
        band, mark, core = (
            hsv(rng.choice(hues), rng.uniform(0.5, 0.95), rng.uniform(0.25, 0.7)),
            hsv(rng.choice(hues), rng.uniform(0.4, 0.95), rng.uniform(0.8, 1)),
            hsv(rng.choice(hues), 0.85, rng.uniform(0.4, 1)),
        )
        ring = mix(np.broadcast_to(band, colour.shape), mark, smoothstep(0.08, -0.08, shape))
        ring = mix(ring, core, smoothstep(-0.35, -0.5, shape))
        ring = mix(ring, (0.98, 0.93, 0.78), smoothstep(0.14, 0.06, np.abs(shape + 0.06)))
        ring = mix(ring, (0.1, 0.07, 0.09), smoothstep(0.07, 0.03, np.minimum(t, 1 - t)))
        colour = np.where(here[..., None], ring, colour)
    return np.clip(colour * (1 + 0.06 * fractal(rng, side, 1.5))[..., None], 0, 1).astype(np.float32)


def roof_tiles(rng: Rng, side: int) -> Array:
    """Rows of rounded clay tiles, each over the one below."""
    x, y = grid(side)
    rows = rng.uniform(4, 8)
    v = y * rows / 2 + 20
    u = x * rows / 2 * rng.uniform(1.0, 1.4) + 20
    row, column = np.floor(v), np.floor(u)
    across, down = u % 1 - 0.5, v % 1
    barrel = np.sqrt(np.clip(1 - (across * 2.1) ** 2, 0, 1))
    lip = 0.9 - 0.12 * (1 - barrel)
    seed, hue = seed_of(rng), rng.choice([0.02, 0.035, 0.05, 0.08, 0.58])
    tone = chance(row.astype(int), column.astype(int), seed)
    noise = fractal(rng, side, 1.5, 2)
    tile = hsv(hue + 0.02 * tone, rng.uniform(0.55, 0.8), np.clip(0.5 + 0.38 * tone + 0.07 * noise, 0, 1))
    shade = np.where(down > lip, 0.25, 0.65 + 0.35 * down) * (0.3 + 0.7 * barrel)
    colour = tile * shade[..., None]
    lichen = smoothstep(1.1, 1.9, fractal(rng, side, 1.3, 4)) * rng.choice([0, 0.7])
    colour = mix(colour, hsv(0.2, 0.35, 0.7), lichen)
    height = 9 * barrel + 4 * down * (down < lip)
    return relief(rng, np.clip(colour * 1.15, 0, 1), blur(height, 0.7), 0.45, 0.05)


def tartan(rng: Rng, side: int) -> Array:
    """Crossing bands of colour, woven in twill."""
    x, y = grid(side)
    fold = 0.08 * fractal(rng, side, 2.6, 1)
    u, v = x + fold, y + np.roll(fold, side // 3, 1)
    hue, sett = rng.choice([0.98, 0.36, 0.62, 0.0, 0.08]), rng.uniform(0.3, 0.7)
    stops = np.sort(rng.uniform(0, 1, 6))
    tones = np.stack(
        [hsv(hue + d, 0.85, k) for d, k in ((0, 0.75), (0.36, 0.3), (0, 0.6), (0.62, 0.35), (0.15, 0.9), (0, 0.75))]
    )
    tones[4] = rng.choice(np.array([(0.97, 0.95, 0.9), (0.98, 0.82, 0.2)]))
    stops[4] = min(stops[3] + rng.uniform(0.02, 0.05), 1)

    def bands(w: Array) -> Array:
        t = np.abs((w / sett) % 2 - 1)
        return tones[np.searchsorted(stops, t) % 6]

    fine = rng.uniform(40, 70)
    twill = (np.floor(u * fine) + np.floor(v * fine)) % 2 < 1
    colour = np.where(twill[..., None], bands(u), bands(v)) * 0.75 + 0.125 * (bands(u) + bands(v))
    height = 14 * fold / 0.08 * 0.35 + 0.5 * np.sin(u * fine * 3.1) * np.sin(v * fine * 3.1)
    return relief(rng, np.clip(colour, 0, 1).astype(np.float32), blur(height.astype(np.float32), 0.6), 0.7, 0.03)


PAINTERS = {
    "basket": basket,
    "brickwork": brickwork,
    "knitting": knitting,
    "mandala": mandala,
    "roof-tiles": roof_tiles,
    "star-tiles": star_tiles,
    "tartan": tartan,
    "woven-cloth": woven_cloth,
}
