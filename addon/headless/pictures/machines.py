"""Motifs made by engineers: gears, clockwork, chains, keys, wheels."""

from __future__ import annotations

import math

import forms
import numpy as np
from materials import hsv, metal, near, paint
from motif import Rng, motif

TAU = 2 * math.pi


def _circle(radius: float, steps: int = 48, at: tuple[float, float] = (0, 0)) -> list[tuple[float, float]]:
    return [
        (at[0] + radius * math.cos(k * TAU / steps), at[1] + radius * math.sin(k * TAU / steps)) for k in range(steps)
    ]


def _toothed(radius: float, teeth: int, tall: float) -> list[tuple[float, float]]:
    ring = []
    for k in range(teeth):
        for share, reach in ((0.0, 0.0), (0.22, 0.0), (0.32, 1.0), (0.68, 1.0), (0.78, 0.0)):
            angle, r = (k + share) * TAU / teeth, radius + tall * reach
            ring.append((r * math.cos(angle), r * math.sin(angle)))
    return ring


def _gear(rng: Rng, radius: float, teeth: int, material, thickness: float = 0.18):
    """A wheel with teeth, and holes or spokes."""
    holes = [_circle(radius * 0.16, 24)]
    spokes = int(rng.integers(4, 8))
    if rng.random() < 0.5:
        holes += [
            _circle(
                radius * 0.19,
                24,
                (0.52 * radius * math.cos(k * TAU / spokes), 0.52 * radius * math.sin(k * TAU / spokes)),
            )
            for k in range(spokes)
        ]
    else:
        for k in range(spokes):
            angles = np.linspace((k + 0.12) * TAU / spokes, (k + 0.88) * TAU / spokes, 10)
            holes.append(
                [(0.74 * radius * math.cos(a), 0.74 * radius * math.sin(a)) for a in angles]
                + [(0.33 * radius * math.cos(a), 0.33 * radius * math.sin(a)) for a in angles[::-1]]
            )
    return forms.plate(
        _toothed(radius, teeth, TAU * radius / teeth * 0.62), thickness, material, holes=holes, bevel=0.018
    )


@motif("gear", above=(-25, 30), around=(-40, 40))
def gear(rng: Rng) -> None:
    """One toothed wheel, or two that mesh."""
    teeth = int(rng.integers(10, 22))
    _gear(rng, 1.0, teeth, metal(rng), rng.uniform(0.2, 0.4))
    if rng.random() < 0.5:
        few = int(rng.integers(8, 14))
        radius = few / teeth
        second = _gear(rng, radius, few, metal(rng), rng.uniform(0.2, 0.4))
        angle = rng.uniform(-1, 1)
        reach = (1 + radius) + TAU / teeth * 0.62
        second.location = (reach * math.cos(angle), 0, reach * math.sin(angle))
        second.rotation_euler[1] = -angle + math.pi / few


@motif("clockwork", above=(-20, 25), around=(-30, 30))
def clockwork(rng: Rng) -> None:
    """Many gears behind one another on a plate, with screws and rubies."""
    back = paint([near(rng, 0.1, 0.4, 0.3), near(rng, 0.1, 0.5, 0.55)], scale=2, rough=0.35, metal=1.0)
    forms.plate(_circle(1.75, 64), 0.1, back, bevel=0.03).location = (0, 0.35, 0)
    ruby = paint([(0.85, 0.02, 0.12)], rough=0.05, coat=1.0)
    rim = forms.tube(np.array([(x, -0.1, z) for x, z in _circle(1.75, 72)]), 0.11, metal(rng), 12, closed=True)
    rim.scale[1] = 1.6
    for k in range(rng.integers(6, 10)):
        angle, reach = rng.uniform(0, TAU), 1.05 * math.sqrt(rng.random())
        x, z, radius = reach * math.cos(angle), reach * math.sin(angle), rng.uniform(0.28, 0.68)
        wheel = _gear(rng, radius, int(radius * rng.integers(26, 40)), metal(rng), 0.06)
        wheel.location, wheel.rotation_euler[1] = (x, 0.22 - 0.1 * k, z), rng.uniform(0, TAU)
        axis = forms.tube(np.array([(x, 0.35, z), (x, 0.1 - 0.1 * k, z)]), radius * 0.15, metal(rng), 16)
        forms.ball(ruby if rng.random() < 0.6 else axis.active_material, radius * 0.14, (x, 0.1 - 0.1 * k, z), 16)


@motif("chain", above=(-30, 60))
def chain(rng: Rng) -> None:
    """Links through links along a curve."""
    skin = metal(rng)
    t = np.linspace(0, TAU, 28, endpoint=False)
    stretch = rng.uniform(0.25, 0.55)
    link = np.stack([0.5 * np.sin(t), 0 * t, 0.5 * np.cos(t) + stretch * np.sign(np.cos(t))], -1)
    thing = forms.tube(link, rng.uniform(0.13, 0.18), skin, 12, closed=True)
    thing.scale = (1e-4,) * 3
    rows = int(rng.integers(1, 4))
    for row in range(rows):
        wiggle, phase = rng.uniform(0, 1.2), rng.uniform(0, 6)
        count = 7
        pitch = 2 * (0.5 + stretch) - 0.32
        for k in range(count):
            u = k - count / 2
            at = np.array([u * pitch, 0, wiggle * math.sin(u * 0.8 + phase) + row * 1.7])
            slope = np.array([pitch, 0, wiggle * 0.8 * math.cos(u * 0.8 + phase)])
            forms.aim(forms.copy(thing, (0, 0, 0)), at, slope, (k % 2) * math.pi / 2 + 0.5 + rng.normal(0, 0.12))


@motif("key", above=(-20, 25), around=(-35, 35))
def key(rng: Rng) -> None:
    """An old key: a bow, a shank, a bit with wards."""
    skin = metal(rng)
    style = rng.integers(3)
    thick = rng.uniform(0.07, 0.1)
    t = np.linspace(0, TAU, 40, endpoint=False)
    if style == 0:
        forms.tube(np.stack([0.4 * np.cos(t), 0 * t, 0.36 * np.sin(t) + 1.25], -1), thick, skin, 12, closed=True)
    else:
        for k in range(3 if style == 1 else 4):
            angle = (math.pi / 2 + (k - 1) * 1.75) if style == 1 else k * TAU / 4 + TAU / 8
            x, z = 0.3 * math.cos(angle), 0.3 * math.sin(angle) + 1.25
            forms.tube(np.stack([0.22 * np.cos(t) + x, 0 * t, 0.22 * np.sin(t) + z], -1), thick, skin, 12, closed=True)
    profile = [
        (0.09, 1.0),
        (0.17, 0.96),
        (0.17, 0.88),
        (0.09, 0.84),
        (0.09, 0.74),
        (0.13, 0.71),
        (0.13, 0.65),
        (0.08, 0.62),
        (0.08, -1.05),
        (0.1, -1.1),
        (0.06, -1.2),
        (0.0, -1.2),
    ]
    forms.turned(profile, skin, 20)
    for k in range(int(rng.integers(3, 5))):
        forms.box(skin, (rng.uniform(0.25, 0.5), 0.12, 0.12), (0.26, 0, -1.02 + 0.155 * k), 0.015)
    forms.box(skin, (0.2, 0.1, 0.6), (0.16, 0, -0.8), 0.015)


@motif("wheel", above=(-15, 20), around=(-45, 45))
def wheel(rng: Rng) -> None:
    """A wooden cart wheel: rim, spokes, hub."""
    hue = rng.choice([0.06, 0.08, 0.02, 0.33, 0.6])
    wood = paint(
        [near(rng, hue, 0.75, 0.3), near(rng, hue, 0.65, 0.6)], texture="bands", scale=3, rough=0.6, distortion=4
    )
    iron = paint([(0.15, 0.15, 0.17), (0.4, 0.38, 0.36)], scale=6, rough=0.4, metal=1.0)
    t = np.linspace(0, TAU, 64, endpoint=False)
    ring = np.stack([np.cos(t), 0 * t, np.sin(t)], -1)
    forms.tube(ring * 1.0, 0.11, wood, 10, closed=True)
    band = forms.tube(ring * 1.1, 0.05, iron, 8, closed=True)
    band.scale[1] = 2
    spokes = int(rng.integers(8, 15))
    for k in range(spokes):
        a = k * TAU / spokes
        path = np.array([(r * math.cos(a), 0, r * math.sin(a)) for r in (0.1, 0.4, 0.7, 0.98)])
        forms.tube(path, np.array([0.05, 0.07, 0.05, 0.045]), wood, 10)
    hub = forms.turned(
        [(0, 0.3), (0.12, 0.28), (0.16, 0.2), (0.27, 0.1), (0.27, -0.1), (0.16, -0.2), (0.12, -0.28), (0, -0.3)],
        wood,
        24,
    )
    hub.rotation_euler[0] = math.pi / 2
    cap = forms.tube(np.array([(0.2 * math.cos(a), -0.14, 0.2 * math.sin(a)) for a in t]), 0.035, iron, 8, closed=True)
    cap.location[1] = 0


@motif("spring", above=(-20, 40))
def spring(rng: Rng) -> None:
    """A coil of wire or a ribbon winding upwards."""
    turns = rng.uniform(4, 8)
    t = np.linspace(0, 1, int(turns * 26))
    hue = rng.uniform(0, 1)
    skin = (
        metal(rng)
        if rng.random() < 0.6
        else paint([hsv(hue, 0.85, 0.6), hsv(hue + 0.1, 0.85, 1.0)], scale=1.0, rough=0.25, coat=0.5)
    )
    cone = rng.choice([0.0, 0.0, 0.7])
    radius = 0.8 * (1 - cone * t)
    path = np.stack([radius * np.cos(t * turns * TAU), radius * np.sin(t * turns * TAU), t * rng.uniform(1.8, 2.8)], -1)
    forms.tube(path, rng.uniform(0.09, 0.15), skin, 14)


@motif("teapot", above=(5, 35), around=(-40, 40))
def teapot(rng: Rng) -> None:
    """A bellied pot with spout, handle and lid."""
    hue = rng.uniform(0, 1)
    glaze = paint(
        [near(rng, hue, 0.75, 0.45), near(rng, hue + 0.05, 0.6, 0.9)], scale=rng.uniform(1, 3), rough=0.12, coat=1.0
    )
    trim = metal(rng) if rng.random() < 0.4 else paint([near(rng, hue + 0.45, 0.5, 0.95)], rough=0.15, coat=1.0)
    tall = rng.uniform(0.85, 1.15)
    body = forms.curve([(0.45, 0), (0.85, 0.3), (0.95, 0.65), (0.7, 1.05), (0.45, 1.2)], 8)
    forms.turned([(r, z * tall) for r, z in body], glaze, 48)
    lid = forms.curve([(0.5, 1.2), (0.35, 1.33), (0.1, 1.4), (0.07, 1.45)], 6)
    forms.turned([(r, z * tall) for r, z in lid], trim, 40)
    forms.ball(trim, 0.11, (0, 0, 1.53 * tall), 20)
    forms.turned([(0.52, 0.0), (0.5, 0.05), (0.45, 0.06)], trim, 40)
    spout = forms.curve([(0.75, 0, 0.4), (1.15, 0, 0.55), (1.3, 0, 0.95), (1.55, 0, 1.15)], 7) * (1, 1, tall)
    forms.tube(spout, np.linspace(0.22, 0.09, len(spout)), glaze, 16)
    handle = forms.curve([(-0.65, 0, 1.05), (-1.2, 0, 1.1), (-1.35, 0, 0.65), (-0.8, 0, 0.3)], 8) * (1, 1, tall)
    forms.tube(handle, 0.075, trim, 12)


@motif("hourglass", above=(-5, 25))
def hourglass(rng: Rng) -> None:
    """Two bulbs of glass with sand, between wooden plates."""
    hue = rng.choice([0.05, 0.08, 0.6, 0.97])
    wood = paint(
        [near(rng, hue, 0.7, 0.25), near(rng, hue, 0.6, 0.5)],
        texture="bands",
        scale=4,
        rough=0.3,
        distortion=5,
        coat=0.5,
    )
    glass = paint([(0.85, 0.95, 1.0)], rough=0.03, glass=0.92)
    sand = paint([near(rng, 0.11, 0.6, 0.85), near(rng, 0.1, 0.7, 1.0)], scale=60, rough=0.9)
    half = forms.curve([(0.05, 0), (0.12, 0.12), (0.45, 0.4), (0.52, 0.7), (0.45, 0.98)], 6)
    outline = [(r, -z) for r, z in half[::-1]] + [(r, z) for r, z in half]
    forms.turned(outline, glass, 40)
    fill = rng.uniform(0.3, 0.8)
    forms.turned([(0.0, -0.98 + fill * 0.9), (0.44, -0.98 + fill * 0.25), (0.42, -0.96), (0, -0.96)], sand, 32)
    forms.turned([(0.03, 0.03), (0.1, 0.13), (0.42, 0.42), (0.44, 0.5), (0, 0.42)], sand, 32)
    for z in (-1.05, 1.05):
        forms.turned([(0, z - 0.08), (0.66, z - 0.08), (0.72, z), (0.66, z + 0.08), (0, z + 0.08)], wood, 48)
    for k in range(int(rng.integers(3, 5))):
        a = k * TAU / 4 + 0.6
        post = forms.turned(
            [(0.05, -1), (0.09, -0.6), (0.05, -0.3), (0.1, 0), (0.05, 0.3), (0.09, 0.6), (0.05, 1)], wood, 14
        )
        post.location = (0.6 * math.cos(a), 0.6 * math.sin(a), 0)
