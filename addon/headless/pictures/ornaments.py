"""Motifs of the jeweller and the weaver: knots, ropes, crowns, lanterns, crystals, stars."""

from __future__ import annotations

import math

import forms
import numpy as np
from materials import hsv, metal, near, paint
from motif import Rng, motif

TAU = 2 * math.pi


@motif("knot", above=(-80, 80))
def knot(rng: Rng) -> None:
    """A torus knot, as a smooth hose."""
    p, q = [(2, 3), (2, 5), (3, 4), (3, 2), (2, 7), (3, 5)][rng.integers(6)]
    t = np.linspace(0, TAU, 360, endpoint=False)
    r = 2 + rng.uniform(0.7, 0.95) * np.cos(q * t)
    path = np.stack([r * np.cos(p * t), r * np.sin(p * t), np.sin(q * t)], -1)
    hue = rng.uniform(0, 1)
    colour = np.stack([hsv(hue + 0.12 * math.sin(a), 0.85, 0.9) for a in t * rng.integers(1, 4)])
    skin = metal(rng) if rng.random() < 0.3 else paint("mesh", rough=0.2, coat=0.6)
    forms.tube(path, rng.uniform(0.28, 0.42), skin, 20, closed=True, colour=colour)


@motif("rope", above=(-30, 60))
def rope(rng: Rng) -> None:
    """Three twisted strands, laid in a loop or a wave."""
    hue, strength = rng.choice([0.1, 0.11, 0.09, 0.0, 0.6]), rng.uniform(0.3, 0.6)
    t = np.linspace(0, 1, 420)
    kind = rng.integers(3)
    if kind == 0:
        a = t * TAU * 0.98
        path = np.stack([1.3 * np.cos(a), 1.3 * np.sin(a), 0 * t], -1)
    elif kind == 1:
        path = np.stack([3.2 * t - 1.6, 0.5 * np.sin(t * rng.uniform(3, 8)), 0 * t], -1)
    else:
        a = (t - 0.5) * TAU * 0.9
        path = np.stack([1.5 * np.sin(a), 0.9 * np.sin(2 * a), 0.35 * np.cos(a)], -1)
    angle = t * rng.uniform(45, 60)
    radius = rng.uniform(0.15, 0.21)
    rings = forms.tube_points(path, 1.0, 4)
    first, second = rings[:, 0] - path, rings[:, 1] - path
    around = np.linspace(0, TAU, 16, endpoint=False)
    for k in range(3):
        dark, light = np.asarray(near(rng, hue, strength, 0.4)), np.asarray(near(rng, hue, strength * 0.8, 0.95))
        a = (angle + k * TAU / 3)[:, None]
        middle = path + radius * (np.cos(a) * first + np.sin(a) * second)
        fibres = 0.5 + 0.5 * np.sin(around[None] * 5 + t[:, None] * 260)
        colour = dark + (light - dark) * (0.35 + 0.65 * fibres)[..., None]
        forms.tube(middle, radius * 0.97, paint("mesh", rough=0.9), 16, colour=colour)


@motif("crystal", above=(0, 45))
def crystal(rng: Rng) -> None:
    """A cluster of pointed six-sided columns."""
    hue = rng.choice([0.78, 0.85, 0.5, 0.58, 0.93, 0.4, 0.12])
    skins = [
        paint(
            [near(rng, hue, 0.75, v), near(rng, hue + 0.05, 0.4, 1.0)],
            scale=1.5,
            rough=0.06,
            coat=1.0,
            glass=0.35,
            glow=0.08,
        )
        for v in (0.4, 0.65, 0.85)
    ]
    for _k in range(rng.integers(9, 20)):
        lean = np.array([rng.normal(0, 0.55), rng.normal(0, 0.55), 1.0])
        tall, thick = rng.uniform(0.5, 1.7) / np.linalg.norm(lean) ** 2, rng.uniform(0.1, 0.24)
        tip = tall + thick * rng.uniform(1.2, 2.0)
        column = forms.turned([(thick * 0.85, 0), (thick, tall), (0.004, tip)], skins[rng.integers(3)], 6, smooth=False)
        forms.aim(column, (lean[0] * 0.25, lean[1] * 0.25, 0), lean, rng.uniform(0, 1))
    stone = forms.ball(
        paint([(0.2, 0.18, 0.17), (0.5, 0.46, 0.42)], scale=5, bump=0.8, rough=0.9),
        (0.75, 0.75, 0.22),
        (0, 0, -0.05),
        40,
    )
    forms.roughen(stone, 0.25, 0.3)


@motif("gemstone", above=(15, 70))
def gemstone(rng: Rng) -> None:
    """A cut stone with facets: table, crown, girdle, pavilion."""
    hue = rng.choice([0.0, 0.97, 0.38, 0.6, 0.12, 0.78, 0.5])
    n = int(rng.choice([8, 10, 12]))
    facets = []
    for r, z, shift in [(0.55, 0.38, 0.0), (0.82, 0.24, 0.5), (1.0, 0.05, 0.0), (1.0, -0.02, 0.0), (0.55, -0.42, 0.5)]:
        facets.append([(r * math.cos((k + shift) * TAU / n), r * math.sin((k + shift) * TAU / n), z) for k in range(n)])
    points = [*np.concatenate(facets), (0, 0, -0.85)]
    faces = [list(range(n))]
    for row in range(4):
        for k in range(n):
            a, b = row * n + k, row * n + (k + 1) % n
            c, d = a + n, b + n
            faces += [(a, b, c), (b, d, c)] if row in (0, 3) else [(a, d, c), (a, b, d)]
    faces += [(4 * n + k, 4 * n + (k + 1) % n, 5 * n) for k in range(n)]
    values = rng.uniform(0.25, 1.0, len(faces))
    skins = [
        paint([near(rng, hue, 0.9 - 0.5 * v, 0.35 + 0.65 * v, 0.02)], rough=0.02, coat=1.0, glow=0.15, metal=0.35)
        for v in np.linspace(0, 1, 6)
    ]
    thing = forms.solid(points, faces, skins[0])
    for skin in skins[1:]:
        thing.data.materials.append(skin)
    thing.data.polygons.foreach_set("material_index", (values * 5.99).astype(np.int32))


@motif("crown", above=(5, 35))
def crown(rng: Rng) -> None:
    """A golden ring with points and jewels."""
    gold = paint([hsv(0.12, 0.75, 0.75), hsv(0.13, 0.6, 1.0)], scale=5, rough=0.2, metal=1.0)
    points = int(rng.integers(5, 10))
    a = np.linspace(0, TAU, points * 24, endpoint=False)
    wave = np.abs(((a * points / TAU) % 1) * 2 - 1) ** rng.uniform(0.8, 1.6)
    tall = 0.35 + rng.uniform(0.5, 0.8) * wave
    u = np.linspace(0, 1, 8)[:, None]
    flare = 1 + 0.22 * u * tall
    forms.thicken(
        forms.surface(np.stack([flare * np.cos(a), flare * np.sin(a), u * tall], -1), gold, closed=(False, True)), 0.05
    )
    for z in (0.0, 0.26):
        forms.tube(np.stack([1.03 * np.cos(a), 1.03 * np.sin(a), 0 * a + z], -1), 0.055, gold, 10, closed=True)
    hues = [rng.choice([0.98, 0.6, 0.38, 0.8]), rng.choice([0.98, 0.6, 0.38, 0.13])]
    jewels = [paint([hsv(h, 0.95, 0.75)], rough=0.03, coat=1.0, glow=0.1) for h in hues]
    for k in range(points * 2):
        angle = k * math.pi / points
        forms.ball(jewels[k % 2], (0.1, 0.1, 0.1), (1.05 * math.cos(angle), 1.05 * math.sin(angle), 0.13), 16)
    for k in range(points):
        angle = k * TAU / points
        top = 0.35 + (tall.max() - 0.35)
        forms.ball(
            gold if hues[0] > 0.7 else jewels[0],
            0.1,
            (math.cos(angle) * (1 + 0.22 * top), math.sin(angle) * (1 + 0.22 * top), top + 0.06),
            16,
        )
    velvet = paint([hsv(rng.choice([0.98, 0.76, 0.62]), 0.85, 0.45)], rough=1.0)
    forms.ball(velvet, (0.93, 0.93, 0.55), (0, 0, 0.25), 32)


@motif("lantern", above=(-10, 25))
def lantern(rng: Rng) -> None:
    """A paper lantern with ribs, glowing from within, tassel below."""
    hue = rng.choice([0.0, 0.02, 0.08, 0.12, 0.93, 0.55])
    shade = paint(
        [near(rng, hue, 0.95, 0.7), near(rng, hue + 0.04, 0.85, 1.0)], scale=1.2, rough=0.6, glow=rng.uniform(0.5, 1.4)
    )
    tall = rng.uniform(0.6, 1.3)
    t = np.linspace(-1, 1, 80)
    rings = int(rng.integers(9, 16))
    radius = (0.25 + 0.65 * np.sqrt(np.clip(1 - t**2, 0, 1))) * (1 - 0.045 * np.abs(np.cos(t * math.pi * rings / 2)))
    forms.turned(np.c_[radius, t * tall].tolist(), shade, 48)
    gold = paint([hsv(0.12, 0.8, 0.9), hsv(0.1, 0.8, 0.5)], rough=0.3, metal=0.8)
    for side in (-1, 1):
        forms.turned(
            [
                (0, side * (tall + 0.14)),
                (0.22, side * (tall + 0.14)),
                (0.27, side * (tall - 0.02)),
                (0.1, side * (tall - 0.02)),
            ],
            gold,
            32,
        )
    forms.tube(np.array([(0, 0, tall), (0, 0, tall + 0.6)]), 0.025, gold, 8)
    for k in range(16):
        a = k * TAU / 16
        x, y = 0.08 * math.cos(a), 0.08 * math.sin(a)
        forms.tube(
            forms.curve([(x * 0.5, y * 0.5, -tall - 0.1), (x, y, -tall - 0.3), (x * 1.3, y * 1.3, -tall - 0.85)], 4),
            0.018,
            shade,
            5,
        )


@motif("star", above=(-25, 25), around=(-35, 35))
def star(rng: Rng) -> None:
    """A faceted star in relief."""
    points, depth, inner = int(rng.choice([4, 5, 5, 6, 8])), rng.uniform(0.2, 0.45), rng.uniform(0.32, 0.5)
    ring = []
    for k in range(points * 2):
        r, a = (1.0 if k % 2 == 0 else inner), math.pi / 2 + k * math.pi / points
        ring.append((r * math.cos(a), 0, r * math.sin(a)))
    corners = [*ring, (0, -depth, 0), (0, depth, 0)]
    n = 2 * points
    faces = [(k, (k + 1) % n, n) for k in range(n)] + [((k + 1) % n, k, n + 1) for k in range(n)]
    hue = rng.choice([0.13, 0.12, 0.0, 0.55, 0.9])
    shiny = rng.random() < 0.5
    skins = [
        paint([near(rng, hue, 0.85, v, 0.01)], rough=0.25, metal=0.8 if shiny else 0, coat=0.5) for v in (0.6, 1.0)
    ]
    thing = forms.solid(corners, faces, skins[0])
    thing.data.materials.append(skins[1])
    thing.data.polygons.foreach_set("material_index", np.arange(len(faces), dtype=np.int32) % 2)


@motif("candle", above=(0, 30))
def candle(rng: Rng) -> None:
    """Candles with drips, burning."""
    hue = rng.choice([0.12, 0.0, 0.1, 0.6, 0.33])
    wax = paint([near(rng, hue, rng.uniform(0.1, 0.8), 0.95)], rough=0.35, flesh=0.2)
    outer = paint([(1.0, 0.42, 0.0)], glow=0.8)
    inner = paint([(1.0, 0.88, 0.4)], glow=1.6)
    black = paint([(0.03, 0.02, 0.02)])
    for k in range(rng.integers(1, 4)):
        x, y, tall, r = k * 0.75 - 0.4, rng.uniform(-0.3, 0.3), rng.uniform(0.9, 2.0), rng.uniform(0.22, 0.32)
        body = forms.curve(
            [(r * 1.1, 0), (r, 0.2), (r, tall * 0.8), (r * 0.96, tall), (r * 0.8, tall - 0.02), (0.02, tall - 0.1)], 6
        )
        forms.turned(body.tolist(), wax, 32).location = (x, y, 0)
        for _ in range(rng.integers(4, 9)):
            a, drop = rng.uniform(0, TAU), rng.uniform(0.2, 0.75) * tall
            at = np.array([x + r * math.cos(a), y + r * math.sin(a), 0])
            forms.tube(
                forms.curve(
                    [np.add(at, (0, 0, tall)), np.add(at, (0, 0, tall - drop * 0.6)), np.add(at, (0, 0, tall - drop))],
                    4,
                ),
                0.045,
                wax,
                8,
            )
            forms.ball(wax, (0.06, 0.06, 0.09), np.add(at, (0, 0, tall - drop)), 12)
        forms.tube(np.array([(x, y, tall - 0.1), (x, y, tall + 0.1)]), 0.018, black, 6)
        flame = forms.curve([(0.01, 0), (0.13, 0.13), (0.1, 0.32), (0.004, 0.62)], 8)
        for skin, size in ((outer, 1.0), (inner, 0.55)):
            part = forms.turned((flame * size).tolist(), skin, 20)
            part.location = (x, y - (0.12 if size < 1 else 0), tall + 0.05)
