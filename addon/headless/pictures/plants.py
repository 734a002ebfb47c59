"""Motifs that grow: flowers, leaves, trees, mushrooms."""

from __future__ import annotations

import math

import forms
import numpy as np
from materials import hsv, near, paint
from motif import Rng, motif

TAU = 2 * math.pi
GOLDEN = 2.39996  # the angle between two leaves of most plants, radians


def _petal(length: float, width: float, cup: float, pointed: float, colours: tuple, material, wave: float = 0.0):
    """A petal along +y whose end rises by ``cup``; coloured from base to tip."""
    u, v = np.meshgrid(np.linspace(0, 1, 14), np.linspace(-1, 1, 9), indexing="ij")
    half = width * np.sin(np.pi * np.clip(u, 0, 1) ** pointed) ** 0.8 * 0.5 + 0.02 * (1 - u)
    z = cup * u**2 + 0.25 * width * v**2 * np.sin(np.pi * u) + wave * np.sin(v * 5 + u * 7) * u
    base, tip = np.asarray(colours[0]), np.asarray(colours[1])
    vein = 0.9 + 0.1 * np.cos(v * 12)
    colour = (base + (tip - base) * (u**0.8)[..., None]) * vein[..., None]
    return forms.surface(np.stack([half * v, length * u, z], -1), material, colour=colour)


def _ring(
    petal, count: int, radius: float, height: float, tilt: float, rng: Rng, scale: float = 1.0, turn: float = 0.0
) -> None:
    for k in range(count):
        angle = turn + k * TAU / count + rng.normal(0, 0.04)
        at = (-radius * math.sin(angle), radius * math.cos(angle), height)
        forms.copy(petal, at, turn=(tilt + rng.normal(0, 0.06), 0, angle), scale=scale * rng.uniform(0.93, 1.05))


def _hide(thing) -> None:
    """A pattern to copy from is itself not seen."""
    thing.scale = (1e-4,) * 3


@motif("daisy", above=(50, 90))
def daisy(rng: Rng) -> None:
    """Narrow rays around a button."""
    hue = rng.choice([0.13, 0.9, 0.8, 0.0, 0.6])
    white = rng.random() < 0.4
    tip = (0.98, 0.98, 0.95) if white else near(rng, hue, 0.8, 1.0)
    petal = _petal(
        1.0,
        rng.uniform(0.22, 0.36),
        rng.uniform(-0.1, 0.15),
        0.8,
        (near(rng, hue, 0.9, 0.6) if not white else (0.9, 0.9, 0.7), tip),
        paint("mesh", rough=0.5),
    )
    _ring(petal, int(rng.integers(13, 24)), 0.22, 0.03, 0.0, rng)
    _ring(petal, int(rng.integers(13, 20)), 0.2, -0.05, -0.1, rng, 0.95, 0.1)
    _hide(petal)
    button = paint([near(rng, 0.1, 0.95, 0.6), near(rng, 0.13, 0.9, 1.0)], texture="cells", scale=22, bump=0.9)
    forms.ball(button, (0.33, 0.33, 0.16), (0, 0, 0.03))


@motif("sunflower", above=(55, 90))
def sunflower(rng: Rng) -> None:
    """Golden rays around a disc of seeds in spirals."""
    petal = _petal(
        0.75, 0.26, 0.1, 0.75, (near(rng, 0.09, 0.95, 0.85), near(rng, 0.14, 0.95, 1.0)), paint("mesh", rough=0.5)
    )
    for row in range(2):
        _ring(petal, 21, 0.85, 0.02 - 0.08 * row, 0.05 - 0.12 * row, rng, 1.0, row * 0.15)
    _hide(petal)
    dark, brown = paint([near(rng, 0.06, 0.8, 0.16)], rough=0.4), paint([near(rng, 0.09, 0.85, 0.55)], rough=0.5)
    seed = forms.ball(dark, 1.0, (0, 0, 0), 8)
    _hide(seed)
    count = 330
    for k in range(count):
        r = 0.92 * math.sqrt((k + 0.5) / count)
        at = (r * math.cos(k * GOLDEN), r * math.sin(k * GOLDEN), 0.14 * (1 - r * r))
        forms.copy(
            seed,
            at,
            turn=(0, 0, k * GOLDEN),
            scale=(0.045, 0.028, 0.05),
            material=brown if r > 0.62 or r < 0.2 else None,
        )
    forms.ball(paint([near(rng, 0.07, 0.8, 0.1)]), (0.93, 0.93, 0.1))


@motif("rose", above=(35, 85))
def rose(rng: Rng) -> None:
    """Petals wound around a bud."""
    hue = rng.choice([0.98, 0.95, 0.93, 0.08, 0.13, 0.0])
    colours = (near(rng, hue, 0.95, 0.45, 0.01), near(rng, hue, 0.8, 0.98, 0.02))
    skin = paint("mesh", rough=0.5, flesh=0.05)
    count = rng.integers(24, 34)
    for k in range(count):
        t = k / count
        u, v = np.meshgrid(np.linspace(0, 1, 12), np.linspace(-1, 1, 15), indexing="ij")
        radius = 0.06 + 0.62 * t**0.9
        spread = v * (0.95 - 0.25 * t) * np.sin(np.pi * np.clip(u * 0.8 + 0.12, 0, 1)) ** 0.5
        open_ = radius * (0.55 + 0.75 * u * (0.3 + t)) + 0.22 * t * np.clip(u - 0.6, 0, 1) ** 1.2 * 3
        height = (
            u * (0.85 - 0.32 * t)
            - 0.3 * t * np.clip(u - 0.55, 0, 1) ** 2 * 4
            - 0.09 * v**2 * u
            + 0.03 * np.sin(5 * v + k)
        )
        angle = k * GOLDEN + spread
        points = np.stack([open_ * np.cos(angle), open_ * np.sin(angle), height], -1)
        base, tip = np.asarray(colours[0]), np.asarray(colours[1])
        forms.surface(points, skin, colour=base + (tip - base) * (u**1.3)[..., None] * (0.75 + 0.25 * t))


@motif("lotus", above=(15, 70))
def lotus(rng: Rng) -> None:
    """Rings of pointed, cupped petals."""
    hue = rng.choice([0.92, 0.9, 0.83, 0.62, 0.12])
    petal = _petal(
        1.0,
        0.45,
        0.28,
        0.72,
        (near(rng, hue, 0.12, 1.0), near(rng, hue, 0.8, 0.95)),
        paint("mesh", rough=0.45, flesh=0.05),
    )
    for row, (count, tilt, scale) in enumerate([(12, 0.12, 1.15), (11, 0.5, 1.05), (9, 0.85, 0.9), (7, 1.15, 0.75)]):
        _ring(petal, count, 0.2, 0.03 * row, tilt, rng, scale, row * 0.3)
    _hide(petal)
    forms.ball(
        paint([near(rng, 0.14, 0.9, 0.7), near(rng, 0.15, 0.9, 1.0)], texture="cells", scale=14, bump=0.6),
        (0.2, 0.2, 0.22),
        (0, 0, 0.12),
    )


@motif("fern", above=(45, 90))
def fern(rng: Rng) -> None:
    """Fronds of leaflets in pairs, themselves leaflets in pairs."""
    hue = rng.uniform(0.22, 0.36)
    greens = [paint([near(rng, hue, 0.9, v), near(rng, hue - 0.03, 0.85, v * 1.5)], scale=2.5) for v in (0.3, 0.5)]
    leaf = _petal(1.0, 0.5, 0.1, 0.8, ((1, 1, 1), (1, 1, 1)), greens[0])
    _hide(leaf)
    stem = paint([near(rng, 0.16, 0.6, 0.45)])
    fronds, first, pairs = int(rng.integers(1, 5)), rng.uniform(0, TAU), 15
    for frond in range(fronds):
        bend, length = rng.uniform(-0.7, 0.7), rng.uniform(2.2, 3.0)
        t = np.linspace(0, 1, 2 * pairs + 4)
        heading = first + frond * 0.75 + bend * t
        path = np.stack([np.cumsum(np.cos(heading)), np.cumsum(np.sin(heading)), 5 * t * (1 - t) + frond], -1)
        path *= length / len(t)
        forms.tube(path, 0.028 * (1.1 - t), stem, 6)
        for i in range(4, len(t) - 1, 2):
            size = 0.8 * math.sin(math.pi * min(t[i] ** 0.65, 0.97)) + 0.04
            for side in (-1, 1):
                direction = heading[i] + side * (1.25 - 0.35 * t[i])
                axis = np.array([math.cos(direction), math.sin(direction), 0])
                forms.tube(np.array([path[i], path[i] + axis * size]), 0.012, stem, 5)
                for j in range(1, 10):
                    for flip in (-1, 1):
                        turn = (0.15, 0, direction - math.pi / 2 + flip * 0.95)
                        scale = 0.115 * (1.1 - j / 11) * (0.35 + size)
                        at = path[i] + axis * size * j / 9.3
                        forms.copy(leaf, at, turn=turn, scale=scale, material=greens[frond % 2])


@motif("leaf", above=(50, 90))
def leaf(rng: Rng) -> None:
    """One broad leaf with veins, lobed or smooth, green or in autumn's colours."""
    hue = rng.choice([0.27, 0.31, 0.12, 0.07, 0.02, 0.24])
    u, v = np.meshgrid(np.linspace(0, 1, 130), np.linspace(-1, 1, 81), indexing="ij")
    lobes, depth = rng.integers(3, 7), rng.choice([0.0, 0.0, 0.25, 0.45])
    half = (
        np.sin(np.pi * u ** rng.uniform(0.6, 0.9))
        * rng.uniform(0.35, 0.6)
        * (1 - depth * (0.5 - 0.5 * np.cos(u * lobes * TAU + 1.5)))
    )
    half *= 1 + 0.03 * np.sign(np.sin(u * 150)) * np.abs(v)
    y = u * 2 - 0.3 * np.abs(v) * half * 1.5
    branch = np.abs(np.sin((u * 2.0 - np.abs(v) * half * 0.9) * math.pi * rng.integers(5, 9)))
    vein = np.exp(-((v * half / 0.02) ** 2)) + 0.8 * np.exp(-((branch / 0.16) ** 2)) * (np.abs(v) < 0.93)
    vein = np.clip(vein, 0, 1)
    dark, light = np.asarray(near(rng, hue, 0.95, 0.45)), np.asarray(near(rng, hue - 0.03, 0.85, 0.8))
    colour = dark + (light - dark) * (0.5 + 0.5 * np.sin(u * 5 + v * 2 + rng.uniform(0, 6)))[..., None] * 0.8
    colour = colour + (np.asarray(hsv(hue - 0.06, 0.45, 0.98)) - colour) * (vein * 0.85)[..., None]
    z = 0.12 * np.sin(u * 3) + 0.1 * np.abs(v) * half - 0.03 * vein
    forms.surface(np.stack([half * v, y, z], -1), paint("mesh", rough=0.35, coat=0.2), colour=colour)
    forms.tube(
        forms.curve([(0, 0.02, 0), (0.02, -0.25, 0.02), (0.1, -0.5, 0.1)], 6),
        0.028,
        paint([hsv(hue - 0.05, 0.6, 0.6)]),
        8,
    )


@motif("mushroom", above=(0, 35))
def mushroom(rng: Rng) -> None:
    """A cap with spots or rings on a stem."""
    hue = rng.choice([0.0, 0.02, 0.06, 0.09, 0.78])
    cap_skin = paint([near(rng, hue, 0.95, 0.6), near(rng, hue, 0.9, 0.9)], scale=2, rough=0.25, coat=0.5)
    stalk = paint([near(rng, 0.12, 0.2, 0.75), near(rng, 0.12, 0.1, 0.98)], texture="bands", scale=3, rough=0.6)
    wart = paint([(0.97, 0.95, 0.88)], rough=0.7)
    gill = paint([near(rng, 0.1, 0.35, 0.7), near(rng, 0.1, 0.2, 0.95)], rough=0.7)
    for _ in range(rng.integers(1, 4)):
        x, y, size = rng.uniform(-0.9, 0.9), rng.uniform(-0.5, 0.5), rng.uniform(0.55, 1.1)
        tall, flat = rng.uniform(0.9, 1.6), rng.uniform(0.45, 0.9)
        outline = [(0.26, 0), (0.2, 0.3), (0.15, tall * 0.7), (0.17, tall)]
        profile = forms.curve([(0.02, flat), (0.45, flat * 0.86), (0.82, flat * 0.45), (0.92, 0.0), (0.86, -0.06)], 6)
        parts = [
            forms.turned(forms.curve(outline, 5).tolist(), stalk, 24),
            forms.turned([(r, z + tall) for r, z in profile], cap_skin, 40),
            forms.turned([(0.88, tall - 0.05), (0.12, tall + 0.02)], gill, 80, ribs=40, depth=0.08, smooth=False),
        ]
        for part in parts:
            part.location, part.scale = (x, y, 0), (size,) * 3
        for k in range(rng.integers(14, 30)):
            i, angle = rng.integers(2, len(profile) - 7), k * GOLDEN
            r, z = profile[i]
            spot = forms.ball(
                wart,
                rng.uniform(0.04, 0.1) * size,
                (x + size * r * math.cos(angle), y + size * r * math.sin(angle), size * (z + tall)),
                12,
            )
            spot.scale[2] *= 0.6


@motif("cactus", above=(0, 40))
def cactus(rng: Rng) -> None:
    """A ribbed column with arms and spines, in flower."""
    hue = rng.uniform(0.27, 0.42)
    skin = paint([near(rng, hue, 0.8, 0.35), near(rng, hue, 0.7, 0.65)], scale=1.5, rough=0.5)
    spine = forms.turned([(0.012, 0), (0.002, 0.16)], paint([(0.98, 0.94, 0.75)]), 5)
    _hide(spine)
    ribs = int(rng.integers(10, 15))

    def column(at: tuple, height: float, radius: float) -> None:
        profile = forms.curve(
            [
                (radius * 0.8, 0),
                (radius, height * 0.3),
                (radius, height * 0.75),
                (radius * 0.6, height * 0.96),
                (0.01, height),
            ],
            6,
        )
        forms.turned(profile.tolist(), skin, ribs * 8, ribs=ribs, depth=0.22).location = at
        for k in range(ribs):
            angle = k * TAU / ribs
            for i in range(2, len(profile) - 1, 2):
                r, z = profile[i]
                direction = (math.cos(angle), math.sin(angle), 0.2)
                for turn in (-0.6, 0, 0.6):
                    tilted = (math.cos(angle + turn), math.sin(angle + turn), rng.uniform(-0.3, 0.5))
                    forms.aim(
                        forms.copy(spine, (0, 0, 0)),
                        np.add(at, (r * direction[0], r * direction[1], z)),
                        tilted,
                        0,
                        rng.uniform(0.8, 1.4),
                    )

    if rng.random() < 0.5:
        column((0, 0, 0), rng.uniform(0.9, 1.2), 0.65)
    else:
        column((0, 0, 0), 2.2, 0.34)
        for side in (-1, 1)[: rng.integers(1, 3)]:
            z, reach = rng.uniform(0.6, 1.0), rng.uniform(0.6, 0.8)
            elbow = forms.curve([(0, 0, z), (side * reach * 0.8, 0, z + 0.02), (side * reach, 0, z + 0.3)], 6)
            forms.tube(elbow, 0.2, skin, 20)
            column((side * reach, 0, z + 0.25), rng.uniform(0.6, 0.9), 0.22)


@motif("pine-cone", above=(-10, 45))
def pine_cone(rng: Rng) -> None:
    """Woody scales in spirals around a spindle."""
    hue = rng.uniform(0.05, 0.09)
    skin = paint("mesh", grain=0.3, scale=5, rough=0.6)
    scale_ = _petal(0.5, 0.5, 0.16, 1.1, (near(rng, hue, 0.8, 0.2), near(rng, hue + 0.02, 0.55, 0.8)), skin)
    forms.thicken(scale_, 0.05)
    _hide(scale_)
    count = rng.integers(80, 120)
    for k in range(count):
        t = k / count
        size = 0.75 * math.sin(math.pi * (0.12 + 0.84 * t) ** 0.85) ** 0.8 + 0.12
        angle = k * GOLDEN
        at = (-0.3 * size * math.sin(angle), 0.3 * size * math.cos(angle), 1.9 * t)
        forms.copy(scale_, at, turn=(0.25 + 0.9 * t, 0, angle), scale=size * 1.25)


@motif("tree", above=(0, 25))
def tree(rng: Rng) -> None:
    """A trunk that forks again and again, crowned with leaves."""
    bark = paint([near(rng, 0.07, 0.6, 0.2), near(rng, 0.08, 0.45, 0.5)], texture="noise", scale=8, bump=0.6, rough=0.9)
    hue = rng.choice([0.27, 0.31, 0.24, 0.1, 0.04, 0.93])
    greens = [paint([near(rng, hue, 0.85, value)], rough=0.6) for value in (0.35, 0.55, 0.8)]
    leaf_ = _petal(1.0, 0.6, 0.1, 0.9, ((1, 1, 1), (1, 1, 1)), greens[0])
    _hide(leaf_)
    bare = rng.random() < 0.15

    def grow(at: np.ndarray, direction: np.ndarray, length: float, radius: float, level: int) -> None:
        end = at + direction * length
        path = forms.curve([at, at + direction * length * 0.5 + rng.normal(0, 0.06 * length, 3), end], 4)
        forms.tube(path, np.linspace(radius, radius * 0.7, len(path)), bark, 8 if level > 2 else 5)
        if level == 0:
            for _ in range(0 if bare else 9):
                at_leaf = end + rng.normal(0, 0.11, 3)
                forms.copy(
                    leaf_,
                    at_leaf,
                    turn=rng.uniform(0, TAU, 3),
                    scale=rng.uniform(0.09, 0.16),
                    material=greens[rng.integers(3)],
                )
            return
        for _k in range(rng.integers(2, 4) if level > 1 else 3):
            side = direction * 0.9 + rng.normal(0, 0.5, 3) + (0, 0, 0.12)
            grow(end, side / np.linalg.norm(side), length * rng.uniform(0.68, 0.85), radius * 0.66, level - 1)

    grow(np.zeros(3), np.array([0, 0, 1.0]), 0.9, 0.13, 5)


@motif("grapes", above=(-15, 20))
def grapes(rng: Rng) -> None:
    """A bunch of round berries."""
    hue = rng.choice([0.78, 0.83, 0.25, 0.97])
    skins = [paint([near(rng, hue, 0.8, value, 0.02)], rough=0.18, coat=0.6, flesh=0.1) for value in (0.35, 0.5, 0.7)]
    berry = forms.ball(skins[0], 1.0, (0, 0, 0), 20)
    _hide(berry)
    for _k in range(rng.integers(55, 85)):
        t = rng.random()
        r = 0.75 * (1 - t) ** 0.7 * math.sqrt(rng.random())
        angle = rng.uniform(0, TAU)
        forms.copy(
            berry,
            (r * math.cos(angle), r * math.sin(angle), -1.7 * t),
            scale=rng.uniform(0.17, 0.23),
            material=skins[rng.integers(3)],
        )
    stem = forms.curve([(0, 0, -0.2), (0, 0, 0.35), (0.15, 0, 0.6)], 5)
    forms.tube(stem, 0.05, paint([near(rng, 0.1, 0.6, 0.35)]), 8)
    green = (near(rng, 0.28, 0.85, 0.4), near(rng, 0.26, 0.8, 0.75))
    for side in (-1, 1):
        blade = _petal(0.9, 0.8, -0.2, 0.7, green, paint("mesh"), 0.05)
        blade.location, blade.rotation_euler = (0, 0, 0.35), (rng.uniform(-0.2, 0.5), 0, side * rng.uniform(1.0, 1.8))


@motif("pumpkin", above=(0, 45))
def pumpkin(rng: Rng) -> None:
    """A ribbed, flattened ball with a stalk."""
    hue = rng.choice([0.06, 0.07, 0.08, 0.11])
    skin = paint([near(rng, hue, 0.98, 0.75, 0.01), near(rng, hue, 0.92, 1.0, 0.01)], scale=3, rough=0.35, coat=0.3)
    ribs = int(rng.integers(9, 15))
    profile = forms.curve([(0.02, 0.6), (0.3, 0.78), (0.85, 0.55), (1.0, 0.0), (0.8, -0.55), (0.1, -0.68)], 8)
    forms.turned(profile.tolist(), skin, ribs * 10, ribs=ribs, depth=0.2).scale[2] = rng.uniform(0.8, 1.1)
    stalk = forms.curve([(0, 0, 0.6), (0.03, 0, 0.85), (0.2, 0.05, 1.05)], 6)
    forms.tube(
        stalk,
        np.linspace(0.16, 0.08, len(stalk)),
        paint([near(rng, 0.2, 0.6, 0.3), near(rng, 0.17, 0.5, 0.6)], scale=9, bump=0.5),
        7,
    )
