"""Motifs that crawl and fly: birds, beetles, snails, turtles, spiders, snakes."""

from __future__ import annotations

import math

import forms
import numpy as np
from materials import hsv, near, paint
from motif import Rng, motif

TAU = 2 * math.pi


def _body(profile: list, material, squash: float, colour=None, around: int = 40):
    """A turned body lying along x; the profile's heights run from tail to head."""
    thing = forms.turned(profile, material, around, colour=colour)
    thing.rotation_euler = (0, math.pi / 2, 0)
    thing.scale = (squash, 1, 1)
    return thing


@motif("beetle", above=(40, 90))
def beetle(rng: Rng) -> None:
    """Glossy wing cases with a seam, six legs, horns or feelers."""
    hue = rng.choice([0.38, 0.3, 0.6, 0.97, 0.05, 0.12, 0.8])
    n, m = 60, 61
    t, v = np.meshgrid(np.linspace(0, 1, n), np.linspace(-1, 1, m), indexing="ij")
    half = 0.62 * np.sin(np.pi * (0.06 + 0.9 * t) ** 0.75) ** 0.6
    seam = np.exp(-((v * half / 0.025) ** 2))
    z = 0.5 * np.sqrt(np.clip(1 - v**2, 0, 1)) * np.sin(np.pi * (0.1 + 0.8 * t)) ** 0.7 - 0.05 * seam
    points = np.stack([half * v, 1.25 - 2.0 * t - 0.75, z], -1)
    ground, mark = (
        np.asarray(near(rng, hue, 0.95, 0.55)),
        np.asarray(near(rng, hue + rng.choice([0.08, 0.5, 0.15]), 0.9, 0.85)),
    )
    style = rng.integers(4)
    patterns = [
        np.sin(v * 22),
        np.sin(t * 20 + 2 * v**2),
        2.2 - 8 * np.hypot((np.abs(v) - 0.5) * half * 1.2, ((t * 3) % 1 - 0.5) * 0.7) * 1.3,
        -1 + 0 * t,
    ]
    colour = ground + (mark - ground) * np.clip(patterns[style] * 4, 0, 1)[..., None]
    colour = colour * (1 - 0.85 * seam)[..., None]
    shell = paint("mesh", rough=0.12, coat=1.0, metal=rng.choice([0.0, 0.6]))
    forms.surface(points, shell, colour=colour)
    dark = paint([near(rng, hue, 0.8, 0.12), near(rng, hue, 0.9, 0.4)], scale=3, rough=0.15, coat=1.0)
    forms.ball(dark, (0.48, 0.3, 0.3), (0, 0.55, 0.02))
    forms.ball(dark, (0.26, 0.22, 0.2), (0, 0.88, 0.0))
    black = paint([(0.03, 0.02, 0.02)], rough=0.2, coat=0.5)
    horned = rng.random() < 0.5
    for side in (-1, 1):
        horn = forms.curve(
            [(0.13 * side, 1.0, 0.05), (0.42 * side, 1.35, 0.1), (0.15 * side if horned else 0.9 * side, 1.75, 0.15)], 8
        )
        forms.tube(horn, np.linspace(0.075 if horned else 0.03, 0.012, len(horn)), black, 8)
        for _k, (y, reach) in enumerate([(0.55, 0.45), (0.1, 0.0), (-0.3, -0.5)]):
            knee = (0.95 * side, y + reach * 0.5, 0.2)
            leg = forms.curve(
                [
                    (0.35 * side, y, -0.05),
                    knee,
                    (1.25 * side, y + reach * 1.3, -0.25),
                    (1.4 * side, y + reach * 1.6, -0.28),
                ],
                6,
            )
            forms.tube(leg, np.interp(np.linspace(0, 1, len(leg)), [0, 0.35, 1], [0.08, 0.07, 0.02]), black, 8)
        forms.ball(paint([(0.02, 0.02, 0.02)], rough=0.03, coat=1), 0.08, (0.2 * side, 0.97, 0.08), 14)


@motif("ladybird", above=(25, 85))
def ladybird(rng: Rng) -> None:
    """A round red dome with black spots."""
    hue = rng.choice([0.0, 0.01, 0.04, 0.11])
    n, m = 120, 160
    t, a = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, TAU, m, endpoint=False), indexing="ij")
    r, z = np.sin(t * math.pi / 2), 0.78 * np.cos(t * math.pi / 2)
    x, y = r * np.cos(a), r * np.sin(a)
    spots = np.exp(-((x / 0.035) ** 2)) * (y < 0.6)
    size = rng.uniform(0.14, 0.22)
    for cx, cy in [(0.35, 0.35), (0.6, -0.05), (0.32, -0.4), (0.0, 0.55), (0.65, -0.5)][: rng.integers(3, 6)]:
        spots = np.maximum(spots, 1 / (1 + np.exp(40 * (np.hypot(np.abs(x) - cx, y - cy) - size) / size * 0.4)))
    red = np.asarray(near(rng, hue, 0.97, 0.9, 0.01))
    colour = red * (1 - 0.97 * np.clip(spots, 0, 1))[..., None]
    forms.surface(
        np.stack([0.92 * x, 1.08 * y, z], -1), paint("mesh", rough=0.08, coat=1.0), closed=(False, True), colour=colour
    )
    black = paint([(0.02, 0.02, 0.02)], rough=0.1, coat=1.0)
    white = paint([(0.97, 0.97, 0.92)], rough=0.2)
    forms.ball(black, (0.6, 0.4, 0.42), (0, 1.0, 0.15))
    for side in (-1, 1):
        forms.ball(white, (0.15, 0.12, 0.13), (0.36 * side, 1.2, 0.32), 16)
        feeler = forms.curve([(0.2 * side, 1.3, 0.2), (0.4 * side, 1.55, 0.35), (0.6 * side, 1.6, 0.3)], 6)
        forms.tube(feeler, 0.03, black, 8)
        for y in (-0.5, 0.05, 0.6):
            leg = forms.curve([(0.7 * side, y, 0.05), (1.15 * side, y * 1.15, 0.1), (1.3 * side, y * 1.35, -0.1)], 6)
            forms.tube(leg, 0.055, black, 8)


@motif("snail", above=(0, 30), around=(-40, 40))
def snail(rng: Rng) -> None:
    """A coiled house on a creeping foot, with eyes on stalks."""
    flesh = paint(
        [near(rng, 0.09, 0.45, 0.5), near(rng, 0.11, 0.35, 0.85)],
        texture="cells",
        scale=14,
        bump=0.6,
        rough=0.25,
        coat=0.5,
    )
    foot = forms.curve([(-1.5, 0, 0), (-0.6, 0, 0.1), (0.5, 0, 0.14), (1.0, 0, 0.3), (1.25, 0, 0.62)], 8)
    forms.tube(foot, np.interp(np.linspace(0, 1, len(foot)), [0, 0.3, 0.75, 1], [0.03, 0.24, 0.26, 0.17]), flesh, 18)
    forms.ball(flesh, 0.2, (1.27, 0, 0.68), 24)
    eye = paint([(0.03, 0.02, 0.02)], rough=0.05, coat=1)
    for side in (-1, 1):
        stalk = forms.curve([(1.3, 0.08 * side, 0.75), (1.42, 0.16 * side, 1.0), (1.5, 0.22 * side, 1.25)], 6)
        forms.tube(stalk, 0.045, flesh, 10)
        forms.ball(eye, 0.07, stalk[-1], 14)
    turns = 3.2
    angle = np.linspace(0, turns * TAU, 320)
    growth = rng.uniform(1.7, 2.0)
    size = 0.78 * growth ** (angle / TAU - turns)
    path = np.stack(
        [size * np.cos(angle - 1.2) - 0.15, 0.35 * (1 - size / 0.78) * -1, size * np.sin(angle - 1.2) + 0.85], -1
    )
    hue = rng.choice([0.07, 0.09, 0.04, 0.12, 0.95])
    around = np.linspace(0, TAU, 20, endpoint=False)
    stripe = np.sin(3 * around + 0.5)[None] * 0.5 + 0.5 + 0 * angle[:, None]
    bands = 0.75 + 0.25 * np.sin(angle * 9)[:, None]
    dark, light = np.asarray(near(rng, hue, 0.8, 0.35)), np.asarray(near(rng, hue + 0.03, 0.5, 0.95))
    colour = (dark + (light - dark) * stripe[..., None]) * bands[..., None]
    forms.tube(path, size * 0.42, paint("mesh", rough=0.18, coat=0.8), 20, colour=colour)


@motif("turtle", above=(20, 80))
def turtle(rng: Rng) -> None:
    """A dome of plates, four legs, a head."""
    hue = rng.choice([0.25, 0.3, 0.1, 0.08, 0.42])
    n, m = 110, 130
    t, a = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, TAU, m, endpoint=False), indexing="ij")
    r, z = np.sin(t * math.pi / 2), np.cos(t * math.pi / 2)
    x, y = r * np.cos(a), r * np.sin(a)
    # Plates: the cells of a few points, five along the back, eight to the sides, a rim.
    centres = [(0, 0.62), (0, 0.2), (0, -0.22), (0, -0.62)] + [
        (s * 0.55, c) for s in (-1, 1) for c in (0.55, 0.15, -0.25, -0.6)
    ]
    centres += [(1.02 * math.cos(k * TAU / 22), 1.02 * math.sin(k * TAU / 22)) for k in range(22)]
    distance = np.sort(
        np.stack([np.hypot((x - cx), (y - cy)) + (0.1 if k > 11 else 0) for k, (cx, cy) in enumerate(centres)]), 0
    )
    edge = np.clip((distance[1] - distance[0]) / 0.09, 0, 1)
    rings = 0.82 + 0.18 * np.sin(distance[0] * 70)
    dark, light = np.asarray(near(rng, hue, 0.8, 0.18)), np.asarray(near(rng, hue - 0.06, 0.7, 0.8))
    colour = dark + (light - dark) * (edge * rings * (0.35 + 0.65 * np.clip(1 - distance[0] / 0.3, 0, 1)))[..., None]
    bulge = 1 + 0.06 * edge
    forms.surface(
        np.stack([0.85 * x * bulge, y * bulge, 0.6 * z * bulge + 0.15], -1),
        paint("mesh", rough=0.3, coat=0.5),
        closed=(False, True),
        colour=colour,
    )
    skin = paint(
        [near(rng, hue, 0.7, 0.3), near(rng, hue - 0.05, 0.6, 0.75)], texture="cells", scale=12, bump=0.6, rough=0.5
    )
    forms.ball(skin, (0.8, 0.95, 0.15), (0, 0, 0.1))
    neck = forms.curve([(0, 0.8, 0.15), (0, 1.15, 0.22), (0, 1.4, 0.32)], 6)
    forms.tube(neck, 0.16, skin, 14)
    forms.ball(skin, (0.23, 0.3, 0.2), (0, 1.45, 0.34))
    forms.tube(forms.curve([(0, -0.95, 0.1), (0, -1.2, 0.08), (0.05, -1.4, 0.1)], 4), 0.05, skin, 8)
    eye = paint([(0.02, 0.02, 0.02)], rough=0.03, coat=1)
    for side in (-1, 1):
        forms.ball(eye, 0.055, (0.19 * side, 1.55, 0.42), 12)
        for y, out in ((0.6, 0.4), (-0.65, -0.35)):
            leg = forms.curve(
                [(0.6 * side, y, 0.1), (0.95 * side, y + out * 0.6, 0.08), (1.15 * side, y + out * 1.3, -0.02)], 6
            )
            forms.tube(
                leg, np.interp(np.linspace(0, 1, len(leg)), [0, 0.6, 1], [0.17, 0.2, 0.07]), skin, 14, squash=0.6
            )


@motif("spider", above=(35, 90))
def spider(rng: Rng) -> None:
    """Two bodies, eight jointed legs, a cluster of eyes."""
    hue = rng.choice([0.05, 0.08, 0.0, 0.13, 0.6])
    dark, light = near(rng, hue, 0.7, 0.12), near(rng, hue + 0.04, 0.85, 0.75)
    n, m = 70, 80
    t, a = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, TAU, m, endpoint=False), indexing="ij")
    mark = np.clip(3 * (np.cos(a * 2) * np.sin(t * rng.integers(9, 18)) + np.cos(a) * 0.6), 0, 1)
    colour = np.asarray(dark) + (np.asarray(light) - dark) * mark[..., None]
    r = np.sin(t * math.pi) ** 0.8
    forms.surface(
        np.stack([0.58 * r * np.sin(a), -0.75 + 0.72 * -np.cos(t * math.pi), 0.5 * r * np.cos(a) + 0.15], -1),
        paint("mesh", rough=0.45, grain=0.3, scale=9),
        closed=(False, True),
        colour=colour,
    )
    skin = paint([dark, near(rng, hue, 0.7, 0.35)], scale=8, bump=0.5, rough=0.5)
    forms.ball(skin, (0.36, 0.42, 0.26), (0, 0.32, 0.1))
    eye = paint([(0.02, 0.02, 0.02)], rough=0.02, coat=1)
    for x, z in [(0.07, 0.27), (0.19, 0.25), (0.09, 0.17), (0.22, 0.16)]:
        for side in (-1, 1):
            forms.ball(eye, 0.055, (x * side, 0.66 - x * 0.6, z), 12)
    banded = [skin, paint([light], rough=0.5)]
    for side in (-1, 1):
        for k, spread in enumerate((1.05, 0.4, -0.3, -0.95)):
            spread += rng.normal(0, 0.1)
            way = np.array([side * math.cos(spread), math.sin(spread), 0])
            start = np.array([0.25 * side, 0.45 - 0.13 * k, 0.1])
            knots = [
                start,
                start + way * 0.75 + (0, 0, 0.5),
                start + way * 1.35 + (0, 0, 0.3),
                start + way * 1.9 + (0, 0, -0.3),
            ]
            leg = forms.curve(knots, 8)
            for i in range(3):
                part = leg[i * 8 : i * 8 + 9]
                forms.tube(part, np.linspace(0.085 - 0.022 * i, 0.06 - 0.02 * i, len(part)), banded[i % 2], 8)


@motif("snake", above=(35, 90))
def snake(rng: Rng) -> None:
    """Coils of patterned scales, the head on top."""
    turns, n, around = rng.uniform(2.2, 3.2), 420, 18
    t = np.linspace(0, 1, n)
    angle = t * turns * TAU
    reach = 1.5 - 1.15 * t
    path = np.stack([reach * np.cos(angle), reach * np.sin(angle), 0.14 + 0.55 * t**2], -1)
    hue = rng.choice([0.25, 0.1, 0.02, 0.15, 0.4, 0.07])
    u, a = np.meshgrid(t, np.linspace(0, TAU, around, endpoint=False), indexing="ij")
    diamonds = np.cos(u * rng.uniform(90, 150)) * 1.0 + 0.9 * np.cos(a * 2)
    rim = np.exp(-(((diamonds - 0.2) / 0.3) ** 2))
    ground, mark = (
        np.asarray(near(rng, hue, 0.7, 0.75)),
        np.asarray(near(rng, hue + rng.choice([0.0, 0.45, 0.08]), 0.85, 0.25)),
    )
    colour = ground + (mark - ground) * (diamonds > 0.2)[..., None]
    colour = colour + (np.asarray((0.98, 0.9, 0.6)) - colour) * (rim * 0.7)[..., None]
    width = np.interp(t, [0, 0.15, 0.7, 0.93, 1], [0.02, 0.16, 0.24, 0.14, 0.14])
    forms.tube(
        path, width, paint("mesh", texture="cells", scale=26, bump=0.7, rough=0.25, coat=0.5), around, colour=colour
    )
    way = path[-1] - path[-4]
    way /= np.linalg.norm(way)
    side = np.cross(way, (0, 0, 1))
    head = forms.ball(
        paint([tuple(ground), tuple(mark)], texture="cells", scale=12, bump=0.5, rough=0.3),
        (0.17, 0.14, 0.28),
        (0, 0, 0),
    )
    forms.aim(head, path[-1] + way * 0.2, way, 0)
    head.scale = (0.2, 0.15, 0.3)
    for s in (-1, 1):
        forms.ball(
            paint([(0.95, 0.7, 0.1)], rough=0.05, coat=1),
            0.05,
            path[-1] + way * 0.3 + side * 0.13 * s + (0, 0, 0.1),
            12,
        )
    tongue = forms.curve([path[-1] + way * 0.45, path[-1] + way * 0.65, path[-1] + way * 0.8 + side * 0.08], 4)
    forms.tube(tongue, 0.015, paint([(0.8, 0.02, 0.05)]), 6)


@motif("bird", above=(-5, 30), around=(-35, 35))
def bird(rng: Rng) -> None:
    """A songbird seen from its side: breast, wing, tail, beak."""
    hue = rng.uniform(0, 1)
    n, m = 90, 60
    t, a = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, TAU, m, endpoint=False), indexing="ij")
    line = forms.curve([(-1.1, 0.12), (-0.5, 0.05), (0.1, 0.05), (0.55, 0.4), (0.72, 0.72), (0.92, 0.78)], 12)
    radius = np.interp(t, [0, 0.12, 0.4, 0.62, 0.72, 0.85, 0.96, 1], [0.1, 0.2, 0.48, 0.42, 0.32, 0.3, 0.17, 0.02])
    x = np.interp(t, np.linspace(0, 1, len(line)), line[:, 0])
    z = np.interp(t, np.linspace(0, 1, len(line)), line[:, 1])
    slope = np.arctan2(np.asarray(np.gradient(z, axis=0)), np.asarray(np.gradient(x, axis=0)) + 1e-9)
    up = radius * np.cos(a)
    points = np.stack([x - np.sin(slope) * up, radius * 0.8 * np.sin(a), z + np.cos(slope) * up], -1)
    back, breast, cap = (
        np.asarray(near(rng, hue, 0.85, 0.55)),
        np.asarray(near(rng, hue + rng.choice([0.5, 0.4, 0.12]), 0.75, 0.98)),
        np.asarray(near(rng, hue + 0.08, 0.9, 0.35)),
    )
    belly = 1 / (1 + np.exp(7 * (np.cos(a) + 0.1)))
    colour = back + (breast - back) * belly[..., None]
    colour = colour + (cap - colour) * ((t > 0.78) & (np.cos(a) > 0.0))[..., None]
    colour = colour * (0.85 + 0.15 * np.sin(t * 90 + 2 * np.sin(a * 14)))[..., None]
    forms.surface(points, paint("mesh", rough=0.75), closed=(False, True), colour=colour)
    plumes = [
        paint([tuple(back * v), tuple(back * v * 1.35)], texture="bands", scale=8, rough=0.7) for v in (0.5, 0.75, 1.0)
    ]
    for side in (-1, 1):
        for k in range(9):
            end = np.array([-1.0 + 0.09 * k, side * (0.42 - 0.012 * k), -0.02 + 0.045 * k])
            path = forms.curve([(0.35, side * 0.36, 0.32), (-0.25, side * 0.47, 0.2 + 0.01 * k), end], 6)
            forms.tube(
                path,
                np.interp(np.linspace(0, 1, len(path)), [0, 0.6, 1], [0.14, 0.1, 0.01]),
                plumes[k % 3],
                10,
                squash=0.35,
            )
        forms.ball(paint([(0.02, 0.02, 0.02)], rough=0.02, coat=1), 0.058, (0.86, side * 0.2, 0.86), 14)
        leg = forms.curve(
            [
                (0.05, side * 0.15, -0.35),
                (0.1, side * 0.16, -0.65),
                (0.05, side * 0.16, -0.85),
                (0.3, side * 0.16, -0.88),
            ],
            5,
        )
        forms.tube(leg, 0.03, paint([hsv(0.07, 0.6, 0.45)]), 8)
    for k in range(5):
        tail = np.array(
            [
                (-0.95, 0.05 * (k - 2), 0.15),
                (-1.4, 0.09 * (k - 2), 0.16),
                (-1.95, 0.14 * (k - 2), 0.14 + 0.05 * abs(k - 2)),
            ]
        )
        forms.tube(forms.curve(tail, 4), 0.1, plumes[k % 3], 8, squash=0.3)
    beak = forms.turned(
        [(0.09, 0), (0.06, 0.1), (0.004, rng.uniform(0.22, 0.5))], paint([near(rng, 0.1, 0.85, 0.85)], rough=0.3), 12
    )
    forms.aim(beak, (1.02, 0, 0.79), (1, 0, -0.08))


@motif("caterpillar", above=(5, 45), around=(-40, 40))
def caterpillar(rng: Rng) -> None:
    """A chain of round segments with tufts, spots and little feet."""
    hue = rng.choice([0.28, 0.2, 0.13, 0.33, 0.55])
    skins = [
        paint([near(rng, hue, 0.9, 0.7), near(rng, hue, 0.8, 0.95)], scale=3, rough=0.4, flesh=0.1),
        paint([near(rng, hue + rng.choice([0.1, 0.5]), 0.9, 0.85)], rough=0.4),
    ]
    black = paint([(0.03, 0.03, 0.03)], rough=0.1, coat=1)
    red = paint([near(rng, 0.0, 0.9, 0.85)], rough=0.4)
    phase, hump = rng.uniform(0, 6), rng.uniform(0.1, 0.5)
    count = int(rng.integers(8, 13))
    hair = forms.turned([(0.014, 0), (0.002, 0.4)], paint([near(rng, hue + 0.5, 0.5, 0.35)]), 4)
    hair.scale = (1e-4,) * 3
    for k in range(count):
        at = np.array([k * 0.42, 0.15 * math.sin(k * 0.8 + phase), hump * (1 + math.sin(k * 0.9 + phase))])
        size = 0.33 if k < count - 1 else 0.42
        forms.ball(skins[k % 2 if k < count - 1 else 0], (0.27 if k < count - 1 else 0.4, size, size), at, 24)
        for side in (-1, 1):
            forms.ball(red, 0.07, np.add(at, (0, side * 0.29, 0.14)), 12)
            if k < count - 1:
                forms.ball(black, (0.07, 0.07, 0.12), np.add(at, (0, side * 0.18, -0.32)), 12)
        for _ in range(9):
            way = np.array([rng.normal(0, 0.4), rng.normal(0, 0.7), 1.0])
            forms.aim(forms.copy(hair, (0, 0, 0)), at + way / np.linalg.norm(way) * 0.3, way)
    head = at
    for side in (-1, 1):
        forms.ball(black, 0.09, np.add(head, (0.3, side * 0.2, 0.12)), 14)
        feeler = forms.curve(
            [
                np.add(head, (0.15, side * 0.15, 0.35)),
                np.add(head, (0.3, side * 0.25, 0.65)),
                np.add(head, (0.5, side * 0.3, 0.7)),
            ],
            5,
        )
        forms.tube(feeler, 0.03, black, 8)
