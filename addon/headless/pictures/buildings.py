"""Motifs built by masons and carpenters: pagodas, arches, columns, towers, domes, stairs."""

from __future__ import annotations

import math

import forms
import numpy as np
from materials import hsv, metal, near, paint
from motif import Rng, motif

TAU = 2 * math.pi


def _stone(rng: Rng, hue: float = 0.1):
    return paint(
        [near(rng, hue, 0.3, 0.66), near(rng, hue, 0.22, 0.8), near(rng, hue, 0.15, 0.92)],
        scale=5,
        bump=0.4,
        rough=0.85,
    )


def _roof(width: float, height: float, sweep: float, material, sides: int = 4):
    """A hipped roof with upturned corners, tiled in ribs."""
    n = 36
    t, a = np.meshgrid(np.linspace(0, 1, 14), np.linspace(0, TAU, sides * n, endpoint=False), indexing="ij")
    within = (a / (TAU / sides)) % 1 - 0.5
    corner = np.abs(within * 2) ** 3
    r = width * (0.12 + 0.88 * t**0.8) / np.cos(within * TAU / sides) * math.cos(math.pi / sides)
    z = height * (1 - t) ** 1.6 + sweep * corner * t**3 + 0.02 * np.abs(np.sin(within * math.pi * 14)) * (0.3 + t)
    turn = a + math.pi / sides
    return forms.thicken(
        forms.surface(np.stack([r * np.cos(turn), r * np.sin(turn), z], -1), material, closed=(False, True)), -0.05
    )


@motif("pagoda", above=(-5, 25))
def pagoda(rng: Rng) -> None:
    """Storeys with sweeping roofs, one above the other."""
    hue = rng.choice([0.0, 0.02, 0.33, 0.58, 0.07])
    tile = paint([near(rng, hue, 0.7, 0.25), near(rng, hue, 0.65, 0.55)], scale=6, rough=0.45)
    wall = paint([near(rng, rng.choice([0.0, 0.1, 0.03]), 0.75, 0.65)], rough=0.6)
    gold = paint([hsv(0.12, 0.8, 0.95)], rough=0.25, metal=1.0)
    dark = paint([(0.08, 0.05, 0.04)], rough=0.8)
    floors, z, width = int(rng.integers(3, 7)), 0.0, 1.0
    shrink, sides = rng.uniform(0.8, 0.9), int(rng.choice([4, 4, 6, 8]))
    for _ in range(floors):
        body = forms.turned([(width * 0.72, 0), (width * 0.72, 0.48)], wall, sides, smooth=False)
        body.location, body.rotation_euler = (0, 0, z), (0, 0, math.pi / sides)
        for k in range(sides):
            angle = (k + 0.5) * TAU / sides + math.pi / sides
            reach = width * 0.72 * math.cos(math.pi / sides)
            door = forms.box(
                dark, (0.02, width * 0.35, 0.34), (reach * math.cos(angle), reach * math.sin(angle), z + 0.2)
            )
            door.rotation_euler[2] = angle
            post_at = (
                width * 0.74 * math.cos(angle + math.pi / sides),
                width * 0.74 * math.sin(angle + math.pi / sides),
            )
            forms.tube(np.array([(*post_at, z), (*post_at, z + 0.48)]), 0.045, gold, 8)
        rail = forms.turned([(width * 0.86, 0), (width * 0.86, 0.07), (width * 0.7, 0.07)], gold, sides, smooth=False)
        rail.location, rail.rotation_euler = (0, 0, z), (0, 0, math.pi / sides)
        roof = _roof(width * 1.3, 0.36, 0.22, tile, sides)
        roof.location = (0, 0, z + 0.42)
        z += 0.74
        width *= shrink
    spire = forms.turned(
        [(0.1, 0), (0.05, 0.2), (0.12, 0.3), (0.04, 0.38), (0.09, 0.48), (0.03, 0.55), (0.06, 0.65), (0.005, 1.0)],
        gold,
        20,
    )
    spire.location = (0, 0, z)


@motif("arch", above=(-5, 20), around=(-45, 45))
def arch(rng: Rng) -> None:
    """Round arches of cut stones on pillars, one or a row."""
    stone, other = _stone(rng, rng.choice([0.08, 0.1, 0.05])), _stone(rng, rng.choice([0.02, 0.08, 0.1]))
    count, pointed = int(rng.integers(1, 4)), rng.random() < 0.35
    tall, thick = rng.uniform(0.9, 1.7), rng.uniform(0.35, 0.6)
    for a in range(count):
        x0 = a * 2.3
        stones = 13
        for k in range(stones):
            angle = math.pi * (k + 0.5) / stones
            rise = 1.0 + (0.35 * math.sin(angle) ** 2 if pointed else 0)
            at = (x0 + 1.0 * math.cos(angle), 0, tall + rise * math.sin(angle))
            block = forms.box(stone if k % 2 else other, (0.34, thick, math.pi / stones * 1.03), at, 0.025)
            block.rotation_euler[1] = -angle
    for k in range(count + 1):
        x0 = k * 2.3 - 1.15
        height = 0.0
        while height < tall - 0.05:
            step = rng.uniform(0.2, 0.3)
            forms.box(stone, (0.36, thick * 0.95, step * 0.96), (x0, 0, height + step / 2), 0.02)
            height += step
        forms.box(other, (0.52, thick * 1.15, 0.12), (x0, 0, tall - 0.02), 0.02)
        forms.box(other, (0.5, thick * 1.15, 0.14), (x0, 0, 0), 0.02)


@motif("column", above=(-10, 15))
def column(rng: Rng) -> None:
    """Fluted columns with base and capital, in a row or alone."""
    stone = _stone(rng, rng.choice([0.1, 0.08, 0.58, 0.03]))
    count, tall, flutes = int(rng.integers(1, 5)), rng.uniform(2.4, 3.6), int(rng.integers(14, 22))
    scrolls = rng.random() < 0.6
    for k in range(count):
        x0 = k * 1.35
        parts = [
            forms.turned(
                [(0.36, 0.3), (0.355, tall * 0.4), (0.3, tall)],
                stone,
                flutes * 6,
                ribs=flutes,
                depth=0.13,
                smooth=False,
            )
        ]
        parts.append(
            forms.turned(
                forms.curve([(0.5, 0.1), (0.52, 0.17), (0.42, 0.2), (0.46, 0.27), (0.37, 0.32)], 4).tolist(), stone, 40
            )
        )
        parts.append(
            forms.turned(
                forms.curve([(0.31, tall - 0.05), (0.34, tall), (0.31, tall + 0.04), (0.46, tall + 0.22)], 4).tolist(),
                stone,
                40,
            )
        )
        parts += [
            forms.box(stone, (1.05, 1.05, 0.14), (0, 0, 0.04), 0.02),
            forms.box(stone, (1.0, 1.0, 0.13), (0, 0, tall + 0.28), 0.02),
        ]
        if scrolls:
            t = np.linspace(0, 2.5 * TAU, 70)
            r = 0.21 * (1 - t / t[-1] * 0.85)
            for side in (-1, 1):
                for front in (-1, 1):
                    path = np.stack(
                        [side * (0.42 + r * np.cos(t + 1.6)), 0 * t + front * 0.42, tall + 0.05 + r * np.sin(t + 1.6)],
                        -1,
                    )
                    parts.append(forms.tube(path, 0.045, stone, 8))
        for part in parts:
            part.location[0] += x0
    if count > 1:
        forms.box(stone, (count * 1.35, 1.0, 0.35), ((count - 1) * 0.675, 0, tall + 0.5), 0.02)
        forms.box(stone, (count * 1.35 + 0.2, 1.15, 0.1), ((count - 1) * 0.675, 0, tall + 0.72), 0.02)


@motif("castle-tower", above=(-10, 25))
def castle_tower(rng: Rng) -> None:
    """A round tower with battlements or a pointed roof, slits for windows."""
    wall = paint(
        [near(rng, 0.09, 0.25, 0.45), near(rng, 0.1, 0.25, 0.75)], texture="cells", scale=6, bump=0.8, rough=0.9
    )
    dark = paint([(0.05, 0.04, 0.05)], rough=0.9)
    roof = paint(
        [near(rng, rng.choice([0.0, 0.6, 0.03, 0.78]), 0.75, 0.35), near(rng, 0.0, 0.6, 0.6)],
        texture="bands",
        scale=6,
        rough=0.5,
    )
    flag = paint([hsv(rng.uniform(0, 1), 0.9, 0.85)], rough=0.8)

    def tower(x: float, y: float, radius: float, tall: float, pointed: bool) -> None:
        profile = [
            (radius * 1.12, 0),
            (radius, 0.3),
            (radius * 0.95, tall),
            (radius * 1.2, tall + 0.18),
            (radius * 1.2, tall + 0.4),
            (radius, tall + 0.4),
            (0.01, tall + 0.38),
        ]
        forms.turned(profile, wall, 40, smooth=False).location = (x, y, 0)
        if pointed:
            cone = forms.curve(
                [(radius * 1.38, tall + 0.38), (radius * 0.75, tall + 0.85), (0.01, tall + 0.5 + radius * 2.6)], 6
            )
            forms.turned(cone.tolist(), roof, 40).location = (x, y, 0)
            top = tall + 0.5 + radius * 2.6
            forms.tube(np.array([(x, y, top - 0.1), (x, y, top + 0.5)]), 0.02, dark, 6)
            forms.plate([(0, 0), (0.4, 0.1), (0, 0.22)], 0.02, flag).location = (x, y, top + 0.25)
        else:
            for k in range(10):
                a = k * TAU / 10
                block = forms.box(
                    wall,
                    (radius * 0.28, radius * 0.45, 0.26),
                    (x + radius * 1.1 * math.cos(a), y + radius * 1.1 * math.sin(a), tall + 0.5),
                    0.01,
                )
                block.rotation_euler[2] = a
        for k in range(8):
            a = k * 2.4 + rng.uniform(0, 0.5)
            slit = forms.box(
                dark,
                (0.08, 0.11, 0.34),
                (x + radius * 0.97 * math.cos(a), y + radius * 0.97 * math.sin(a), tall * (0.25 + 0.08 * k)),
            )
            slit.rotation_euler[2] = a

    pointed = bool(rng.random() < 0.55)
    tower(0, 0, 0.6, rng.uniform(1.8, 2.6), pointed)
    for k in range(int(rng.integers(0, 4))):
        a = k * 2.1 + rng.uniform(0, 0.6)
        tower(
            0.85 * math.cos(a),
            0.85 * math.sin(a),
            rng.uniform(0.25, 0.38),
            rng.uniform(1.1, 1.9),
            bool(rng.random() < 0.6) or pointed,
        )


@motif("onion-dome", above=(-10, 20))
def onion_dome(rng: Rng) -> None:
    """Bulbous domes, gilded or striped in spirals, on drums."""
    drum_skin = paint([near(rng, 0.1, 0.12, 0.97)], rough=0.7)
    gold = paint([hsv(0.12, 0.75, 0.95)], rough=0.2, metal=1.0)
    dark = paint([(0.1, 0.08, 0.1)])
    spots = [(0, 0, 1.0)] + [
        (1.25 * s, rng.uniform(-0.4, 0.4), rng.uniform(0.55, 0.75)) for s in (-1, 1)[: rng.integers(0, 3)]
    ]
    for x, y, size in spots:
        hue, ribs = rng.uniform(0, 1), int(rng.integers(6, 13))
        outline = forms.curve([(0.52, 0), (0.8, 0.28), (0.82, 0.62), (0.5, 1.02), (0.18, 1.3), (0.04, 1.62)], 12)
        segments = ribs * 12
        t, a = np.meshgrid(
            np.linspace(0, 1, len(outline)), np.linspace(0, TAU, segments, endpoint=False), indexing="ij"
        )
        stripe = np.sin(a * ribs / 2 * 2 + t * rng.choice([0, 9, 14])) > 0
        first, second = (
            np.asarray(near(rng, hue, 0.85, 0.7)),
            np.asarray(near(rng, hue + rng.choice([0.15, 0.5, 0.33]), 0.7, 0.95)),
        )
        plain = rng.random() < 0.25
        parts = [
            forms.turned(
                outline.tolist(),
                gold if plain else paint("mesh", rough=0.25, coat=0.7),
                segments,
                colour=np.where(stripe[..., None], first, second),
                ribs=ribs,
                depth=0.05,
            )
        ]
        parts.append(forms.ball(gold, 0.11, (0, 0, 1.68), 16))
        parts.append(forms.tube(np.array([(0, 0, 1.6), (0, 0, 2.15)]), 0.025, gold, 8))
        parts.append(forms.tube(np.array([(-0.16, 0, 1.98), (0.16, 0, 1.98)]), 0.025, gold, 8))
        parts.append(forms.turned([(0.6, -1.3), (0.6, -0.12), (0.68, -0.08), (0.68, 0.0), (0.5, 0.02)], drum_skin, 36))
        for k in range(8):
            b = k * TAU / 8
            window = forms.box(dark, (0.06, 0.18, 0.6), (0.58 * math.cos(b), 0.58 * math.sin(b), -0.65))
            window.rotation_euler[2] = b
            parts.append(window)
        for part in parts:
            part.location = (
                part.location[0] * size + x,
                part.location[1] * size + y,
                part.location[2] * size - (1 - size) * 1.3,
            )
            part.scale = [size * s for s in part.scale]


@motif("stairs", above=(10, 45))
def stairs(rng: Rng) -> None:
    """A winding stair around a post."""
    hue = rng.choice([0.08, 0.05, 0.1, 0.6])
    step_skin = paint(
        [near(rng, hue, 0.6, 0.4), near(rng, hue, 0.45, 0.8)], texture="bands", scale=3, rough=0.5, distortion=3
    )
    rail = metal(rng)
    count, turn, rise = int(rng.integers(18, 30)), rng.uniform(0.3, 0.42), rng.uniform(0.13, 0.17)
    forms.tube(np.array([(0, 0, 0), (0, 0, count * rise + 0.6)]), 0.12, rail, 16)
    hand = []
    for k in range(count):
        a, z = k * turn, k * rise
        inner, outer = 0.1, 1.2
        corners = [
            (r * math.cos(a + s), r * math.sin(a + s), z + h)
            for h in (0, 0.07)
            for r, s in ((inner, 0), (outer, 0), (outer, turn * 1.08), (inner, turn * 1.08))
        ]
        faces = [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
        forms.solid(corners, faces, step_skin)
        foot = np.array([1.15 * math.cos(a + turn / 2), 1.15 * math.sin(a + turn / 2), z])
        forms.tube(np.array([foot, np.add(foot, (0, 0, 0.6))]), 0.022, rail, 6)
        hand.append(np.add(foot, (0, 0, 0.6)))
    forms.tube(forms.curve(hand, 4), 0.045, rail, 10)
