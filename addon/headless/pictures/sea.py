"""Motifs from the sea: shells, corals, fish, and what has tentacles."""

from __future__ import annotations

import math

import forms
import numpy as np
from bpy.types import Material, Object
from materials import hsv, near, paint
from motif import Rng, motif

TAU = 2 * math.pi


def _coil(turns: float, growth: float, lift: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The middle line of a shell that grows as it winds (Raup's logarithmic spiral), and its radius there."""
    angle = np.linspace(0, turns * TAU, steps)
    size = growth ** (angle / TAU) / growth**turns
    return np.stack([size * np.cos(angle), lift * size, size * np.sin(angle)], -1), size


@motif("ammonite", above=(-25, 25), around=(-30, 30))
def ammonite(rng: Rng) -> None:
    """A flat coil with ribs across."""
    growth = rng.uniform(1.7, 2.3)
    path, size = _coil(4.5, growth, 0.0, 520)
    ribs = rng.integers(9, 18)
    angle = np.linspace(0, 4.5 * TAU, len(path))
    wave = 0.5 + 0.5 * np.cos(angle * ribs)
    radius = size * (1 - 1 / growth) * 0.62 * (0.86 + 0.18 * wave)
    hue = rng.choice([0.07, 0.09, 0.11, 0.55, 0.98])
    dark, light = near(rng, hue, 0.75, 0.35), near(rng, hue + 0.03, 0.45, 0.95)
    colour = np.asarray(dark) + (np.asarray(light) - dark) * (wave**1.5)[:, None]
    shine = rng.random() < 0.4
    skin = paint("mesh", grain=0.35, scale=3, rough=0.25 if shine else 0.6, metal=0.7 if shine else 0.0)
    forms.tube(path, radius, skin, 16, colour=colour, squash=0.85)


@motif("nautilus", above=(-15, 20), around=(-30, 30))
def nautilus(rng: Rng) -> None:
    """A smooth, fast growing coil with flames of colour running over it."""
    growth = rng.uniform(2.9, 3.5)
    path, size = _coil(2.3, growth, 0.0, 260)
    radius = size * (1 - 1 / growth) * 0.72
    around = 28
    u, v = np.meshgrid(np.linspace(0, 2.3, 260), np.linspace(0, TAU, around, endpoint=False), indexing="ij")
    stripe = np.sin(u * TAU * rng.integers(7, 11) + 1.4 * np.cos(v) + 0.7 * np.sin(3 * v + 9 * u))
    weight = (np.clip(stripe * 3, -1, 1) * 0.5 + 0.5) * np.clip(1.9 - u * 0.62, 0, 1)
    cream, flame = near(rng, 0.11, 0.14, 0.98), near(rng, rng.choice([0.03, 0.05, 0.01]), 0.8, 0.6)
    colour = np.asarray(cream) + (np.asarray(flame) - cream) * weight[..., None]
    forms.tube(path, radius, paint("mesh", rough=0.2, coat=0.6), around, colour=colour, squash=0.8)


@motif("turret-shell", above=(-30, 60))
def turret_shell(rng: Rng) -> None:
    """A tall spire wound many times."""
    growth, turns = rng.uniform(1.35, 1.6), 9
    angle = np.linspace(0, turns * TAU, 560)
    size = growth ** (angle / TAU - turns)
    path = np.stack([size * np.cos(angle), size * np.sin(angle), -size * rng.uniform(2.8, 4.2)], -1)
    around = 14
    u, v = np.meshgrid(angle, np.linspace(0, TAU, around, endpoint=False), indexing="ij")
    spots = np.sin(u * rng.integers(5, 9)) * np.sin(2 * v) > rng.uniform(0.0, 0.5)
    hue = rng.choice([0.04, 0.08, 0.95, 0.5])
    light, dark = np.asarray(near(rng, hue + 0.04, 0.25, 0.97)), np.asarray(near(rng, hue, 0.75, 0.5))
    colour = light + (dark - light) * (spots * 0.8 + 0.2 * np.cos(v))[..., None].clip(0, 1)
    forms.tube(path, size * rng.uniform(0.75, 0.95), paint("mesh", rough=0.25, coat=0.4), around, colour=colour)


@motif("coral", above=(0, 40))
def coral(rng: Rng) -> None:
    """A little tree of thick, round-ended branches."""
    hue = rng.choice([0.0, 0.03, 0.93, 0.85, 0.1])
    skin = paint(
        [near(rng, hue, 0.95, 0.6), near(rng, hue, 0.85, 0.95), near(rng, hue + 0.04, 0.5, 1.0)],
        texture="cells",
        scale=14,
        bump=0.5,
        rough=0.5,
        flesh=0.1,
    )

    def grow(at: np.ndarray, direction: np.ndarray, length: float, radius: float, level: int) -> None:
        bend = rng.normal(0, 0.25, 3)
        end = at + (direction + bend * 0.6) * length
        path = forms.curve([at, at + direction * length * 0.5 + bend * 0.1 * length, end], 5)
        taper = np.linspace(radius, radius * 0.78, len(path))
        forms.tube(path, taper, skin, 9)
        forms.ball(skin, radius * 0.8, end, 12)
        if level:
            for _ in range(rng.integers(2, 4)):
                side = direction + rng.normal(0, 0.62, 3) + (0, 0, 0.3)
                grow(end, side / np.linalg.norm(side), length * rng.uniform(0.65, 0.9), radius * 0.78, level - 1)

    for _ in range(rng.integers(3, 5)):
        lean = np.array([rng.normal(0, 0.6), rng.normal(0, 0.6), 1.0])
        grow(np.zeros(3), lean / np.linalg.norm(lean), 0.6, 0.14, 3)


@motif("starfish", above=(45, 90))
def starfish(rng: Rng) -> None:
    """Five tapering arms with rows of knobs."""
    hue = rng.choice([0.03, 0.07, 0.0, 0.58, 0.8])
    skin = paint([near(rng, hue, 0.9, 0.65), near(rng, hue, 0.85, 0.95)], texture="cells", scale=9, bump=0.6)
    knob = paint([near(rng, hue + 0.08, 0.35, 1.0)], rough=0.4)
    seed_ball = forms.ball(knob, 0.045, (0, 0, 0.2), 10)
    forms.ball(skin, (0.34, 0.34, 0.2))
    for k in range(5):
        angle = k * TAU / 5 + rng.normal(0, 0.05)
        side = rng.normal(0, 0.18)
        out, across = np.array([math.cos(angle), math.sin(angle), 0]), np.array([-math.sin(angle), math.cos(angle), 0])
        knots = [out * t + across * side * t * t + (0, 0, 0.02) for t in (0.0, 0.4, 0.75, 1.1)]
        path = forms.curve(knots, 8)
        width = np.interp(np.linspace(0, 1, len(path)), [0, 0.3, 0.9, 1], [0.28, 0.22, 0.08, 0.02])
        forms.tube(path, width, skin, 14)
        for i in range(2, len(path) - 2, 2):
            for offset in (-0.5, 0, 0.5):
                place = path[i] + across * width[i] * offset + (0, 0, width[i] * (0.98 - 0.25 * abs(offset)))
                forms.copy(seed_ball, place, scale=0.045 * (0.5 + width[i] * 3))


@motif("sea-urchin", above=(10, 80))
def sea_urchin(rng: Rng) -> None:
    """A ball of spines."""
    hue = rng.choice([0.75, 0.83, 0.95, 0.02, 0.6])
    body = paint([near(rng, hue, 0.8, 0.25), near(rng, hue, 0.7, 0.5)], scale=8, bump=0.5)
    tip = np.linspace(0, 1, 6)
    length, thick = rng.uniform(0.7, 1.5), rng.uniform(0.03, 0.07)
    colours = np.stack(
        [
            np.asarray(near(rng, hue, 0.85, 0.3)) * (1 - t) + np.asarray(near(rng, hue + 0.06, 0.45, 1.0)) * t
            for t in tip
        ]
    )
    spine = forms.turned(
        [(thick * (1 - 0.93 * t), t * length) for t in tip],
        paint("mesh", rough=0.3),
        7,
        colour=np.repeat(colours[:, None], 7, 1),
    )
    forms.ball(body, 0.6)
    count = rng.integers(130, 220)
    for k in range(count):
        z = 1 - 2 * (k + 0.5) / count
        angle = k * 2.39996
        direction = np.array([math.sqrt(1 - z * z) * math.cos(angle), math.sqrt(1 - z * z) * math.sin(angle), z])
        direction += rng.normal(0, 0.07, 3)
        forms.aim(
            spine if k == 0 else forms.copy(spine, (0, 0, 0)), direction * 0.52, direction, 0, rng.uniform(0.8, 1.1)
        )


def _arm(
    rng: Rng, start: np.ndarray, out: np.ndarray, length: float, radius: float, skin: Material, cup: Object
) -> None:
    """A tentacle curling at its end, with two rows of suckers."""
    steps = 60
    t = np.linspace(0, 1, steps)
    curl = rng.uniform(3.5, 7.5) * rng.choice([-1, 1])
    heading = rng.uniform(-0.4, 0.4) + curl * t**3.2 + 0.5 * np.sin(t * rng.uniform(3, 6))
    step = length / steps * (1 - 0.45 * t)
    up = np.array([0, 0, 1.0]) if abs(out[2]) < 0.8 else np.array([1.0, 0.3, 0])
    up = up - out * (up @ out)
    up /= np.linalg.norm(up)
    path = start + np.cumsum(step[:, None] * (np.cos(heading)[:, None] * out + np.sin(heading)[:, None] * up), 0)
    path += np.cross(out, up) * (0.12 * length * np.sin(t * 4 + rng.uniform(0, 6)) * t)[:, None]
    width = radius * (1 - 0.93 * t)
    forms.tube(path, width, skin, 14)
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    across = np.cross(out, up)
    along, free = np.cumsum(step), 0.0
    for i in range(4, steps - 3):
        if along[i] < free:
            continue
        free = along[i] + 1.1 * width[i]
        inner = np.cross(tangent[i], across) * -np.sign(curl)
        for side in (-0.5, 0.5):
            normal = inner + across * side
            normal /= np.linalg.norm(normal)
            forms.aim(forms.copy(cup, (0, 0, 0)), path[i] + normal * width[i] * 0.96, normal, 0, width[i] * 0.32)


@motif("tentacles", above=(-5, 25), around=(-30, 30))
def tentacles(rng: Rng) -> None:
    """Arms with suckers, rising and curling."""
    hue = rng.choice([0.97, 0.03, 0.82, 0.55, 0.1])
    skin = paint([near(rng, hue, 0.85, 0.4), near(rng, hue + 0.03, 0.75, 0.75)], scale=6, bump=0.3, rough=0.3, coat=0.4)
    cup_skin = paint([near(rng, hue + 0.05, 0.25, 1.0)], rough=0.3, coat=0.3)
    ring = np.linspace(0, TAU, 12, endpoint=False)
    cup = forms.tube(np.stack([np.cos(ring), np.sin(ring), 0 * ring], -1), 0.42, cup_skin, 8, closed=True)
    cup.scale = (0.001,) * 3
    count = int(rng.integers(2, 6))
    for k in range(count):
        x = (k - (count - 1) / 2) * 0.6
        out = np.array([0.25 * x + rng.normal(0, 0.15), rng.normal(0, 0.2), 1.0])
        out /= np.linalg.norm(out)
        start = np.array([x, rng.uniform(-0.4, 0.4), 0])
        _arm(rng, start, out, rng.uniform(4.0, 5.5), rng.uniform(0.26, 0.34), skin, cup)


@motif("octopus", above=(0, 30), around=(-35, 35))
def octopus(rng: Rng) -> None:
    """A bag of a head with two eyes over eight arms."""
    hue = rng.choice([0.98, 0.04, 0.85, 0.07])
    skin = paint(
        [near(rng, hue, 0.85, 0.55), near(rng, hue + 0.03, 0.75, 0.95)],
        texture="cells",
        scale=5,
        bump=0.25,
        rough=0.35,
        coat=0.3,
    )
    cup = forms.ball(paint([near(rng, hue + 0.05, 0.25, 1.0)], rough=0.4), 1.0, (0, 0, 1), 8)
    cup.scale = (0.01,) * 3
    forms.ball(skin, (0.62, 0.7, 0.85), (0, 0.15, 1.15))
    forms.ball(skin, (0.5, 0.45, 0.4), (0, -0.1, 0.5))
    white, pupil = paint([(0.98, 0.9, 0.5)], rough=0.1, coat=1), paint([(0.02, 0.02, 0.02)], rough=0.1)
    for side in (-1, 1):
        forms.ball(white, 0.17, (0.3 * side, -0.45, 0.75), 20)
        forms.ball(pupil, (0.1, 0.06, 0.05), (0.31 * side, -0.59, 0.76), 16)
    for k in range(8):
        angle = (k + 0.5) * TAU / 8 + rng.normal(0, 0.1)
        out = np.array([math.cos(angle), math.sin(angle), rng.uniform(-0.15, 0.3)])
        _arm(
            rng,
            np.array([0.35 * math.cos(angle), 0.35 * math.sin(angle), 0.32]),
            out / np.linalg.norm(out),
            rng.uniform(1.7, 2.3),
            0.17,
            skin,
            cup,
        )


@motif("fish", above=(-12, 25), around=(-35, 35))
def fish(rng: Rng) -> None:
    """A striped fish from its side, with fins and an eye."""
    n, around = 60, 36
    t = np.linspace(0, 1, n)
    tall = np.interp(t, [0, 0.08, 0.3, 0.55, 0.85, 0.93, 1], [0.02, 0.22, 0.46, 0.42, 0.12, 0.1, 0.1]) * rng.uniform(
        0.85, 1.35
    )
    tall = np.convolve(np.pad(tall, 4, mode="edge"), np.ones(9) / 9, "valid")
    wide = tall * np.interp(t, [0, 0.3, 1], [0.9, 0.45, 0.2])
    angle = np.linspace(0, TAU, around, endpoint=False)
    points = np.stack(
        np.broadcast_arrays(2.2 * t[:, None] - 1.1, wide[:, None] * np.cos(angle), tall[:, None] * np.sin(angle)), -1
    )
    hue, second = rng.uniform(0, 1), rng.uniform(0, 1)
    base, belly = np.asarray(hsv(hue, 0.85, 0.95)), np.asarray(hsv(hue + 0.06, 0.3, 1.0))
    stripe = np.asarray(hsv(second, 0.9, rng.choice([0.15, 0.5, 0.95])))
    height = np.sin(angle)[None]
    style = rng.integers(3)
    u = t[:, None] + 0.06 * height**2
    bands = [
        np.sin(u * rng.uniform(22, 36)),
        np.sin(height * rng.uniform(6, 12) + u * 3),
        np.sin(u * 40) * np.sin(height * 9),
    ][style]
    colour = base + (belly - base) * np.clip(-height, 0, 1)[..., None] ** 0.7
    colour = colour + (stripe - colour) * (np.clip(bands * 4, 0, 1) * (t[:, None] > 0.2))[..., None]
    scales = 0.82 + 0.18 * np.abs(np.sin(t[:, None] * 75) + np.sin(angle * 18)[None])
    forms.surface(points, paint("mesh", rough=0.25, coat=0.7), closed=(False, True), colour=colour * scales[..., None])
    fin = paint(
        [hsv(second, 0.85, 0.55), hsv(second + 0.05, 0.7, 1.0)], texture="bands", scale=5, rough=0.4, distortion=1.0
    )
    k = rng.uniform(0.35, 0.6)
    _fin(fin, [(1.05, 0.05), (1.5, k), (1.42, 0.0), (1.5, -k), (1.05, -0.05)])
    _fin(fin, [(-0.45, 0.3), (-0.15, 0.3 + k), (0.35, 0.2 + k * 0.8), (0.7, 0.1), (0.2, 0.25)])
    _fin(fin, [(-0.1, -0.3), (0.15, -0.3 - k * 0.7), (0.45, -0.25), (0.3, -0.2)])
    for side in (-1, 1):
        y = side * float(np.interp(0.13, t, wide)) * 0.93
        forms.ball(paint([(0.98, 0.95, 0.8)], rough=0.15), (0.1, 0.035, 0.1), (-0.8, y, 0.07), 20)
        forms.ball(paint([(0.01, 0.01, 0.02)], rough=0.05, coat=1), (0.06, 0.03, 0.06), (-0.8, y * 1.13, 0.07), 20)
        pectoral = _fin(fin, [(0, 0), (0.3, 0.13), (0.38, -0.05), (0.25, -0.2)])
        pectoral.location, pectoral.rotation_euler = (-0.45, y * 1.6, -0.1), (math.pi / 2, 0, -0.5 * side)


def _fin(material, corners):
    return forms.plate(forms.curve([*corners, corners[0]], 6)[:-1].tolist(), 0.03, material, bevel=0.01)


@motif("jellyfish", above=(-15, 15))
def jellyfish(rng: Rng) -> None:
    """A glowing bell trailing ruffles and threads."""
    hue = rng.choice([0.55, 0.62, 0.8, 0.92, 0.07])
    segments = 64
    profile = forms.curve(
        [(0.02, 0.72), (0.4, 0.66), (0.78, 0.32), (0.9, 0.0), (0.84, -0.1), (0.7, 0.02), (0.5, 0.2)], 6
    )
    t = np.linspace(0, 1, len(profile))[:, None]
    stripe = 0.5 + 0.5 * np.cos(np.linspace(0, TAU, segments, endpoint=False) * rng.integers(8, 17))[None]
    inner, outer = np.asarray(hsv(hue, 0.3, 1.0)), np.asarray(hsv(hue + 0.07, 0.9, 0.75))
    colour = inner + (outer - inner) * (t * 0.6 + 0.4 * stripe * t)[..., None]
    forms.turned(
        profile.tolist(), paint("mesh", rough=0.2, glow=0.35, coat=0.5), segments, colour=colour, ribs=16, depth=0.04
    )
    thread = paint([hsv(hue + 0.07, 0.7, 0.95)], glow=0.4, rough=0.3)
    frill = paint([hsv(hue - 0.06, 0.35, 1.0), hsv(hue, 0.6, 1.0)], glow=0.3, rough=0.4)
    z = np.linspace(0, 1, 60)
    for k in range(rng.integers(12, 22)):
        angle, phase, length = k * 2.4, rng.uniform(0, 6), rng.uniform(1.2, 2.2)
        sway = 0.12 * np.sin(z * rng.uniform(6, 11) + phase) * z
        path = np.stack(
            [0.8 * np.cos(angle) * (1 - 0.35 * z) + sway, 0.8 * np.sin(angle) * (1 - 0.35 * z) + sway, -length * z], -1
        )
        forms.tube(path, 0.022, thread, 6)
    for k in range(5):
        phase, angle = rng.uniform(0, 6), k * TAU / 5
        centre = np.stack([0.22 * np.cos(angle + 2 * z), 0.22 * np.sin(angle + 2 * z), 0.25 - 1.3 * z], -1)
        width = 0.2 * (1 - 0.7 * z)[:, None] * (1 + 0.5 * np.sin(z * 45 + phase))[:, None]
        side = np.stack([np.cos(angle + 6 * z), np.sin(angle + 6 * z), 0 * z], -1)
        forms.surface(np.stack([centre - side * width, centre, centre + side * width], 1), frill)


@motif("crab", above=(15, 65), around=(-50, 50))
def crab(rng: Rng) -> None:
    """A broad shell, eight legs and two claws."""
    hue = rng.choice([0.01, 0.04, 0.07, 0.55])
    shell = paint(
        [near(rng, hue, 0.95, 0.5), near(rng, hue, 0.9, 0.9), near(rng, hue + 0.05, 0.6, 1.0)],
        scale=4,
        bump=0.5,
        rough=0.35,
        coat=0.4,
    )
    forms.ball(shell, (1.0, 0.7, 0.36))
    black = paint([(0.01, 0.01, 0.01)], rough=0.05, coat=1.0)
    for side in (-1, 1):
        forms.tube(np.array([(0.25 * side, -0.55, 0.2), (0.28 * side, -0.68, 0.42)]), 0.04, shell, 8)
        forms.ball(black, 0.09, (0.28 * side, -0.7, 0.48), 14)
        for k in range(4):
            y = -0.25 + 0.28 * k
            knee = (side * (1.35 + 0.1 * k), y * 1.9, 0.35 + rng.uniform(-0.1, 0.15))
            path = forms.curve([(0.75 * side, y, 0), knee, (side * 1.75, y * 2.7, -0.5)], 7)
            forms.tube(path, np.linspace(0.12, 0.025, len(path)), shell, 9)
        arm = forms.curve([(0.75 * side, -0.4, 0.05), (1.3 * side, -0.9, 0.15), (0.95 * side, -1.35, 0.1)], 7)
        forms.tube(arm, np.linspace(0.13, 0.17, len(arm)), shell, 10)
        size = rng.uniform(0.9, 1.3)
        for bend in (-1, 1):
            claw = (
                forms.curve(
                    [(0, 0, 0), (0.3 * bend, -0.25, 0), (0.24 * bend, -0.6, 0.02), (0.02 * bend, -0.82, 0.02)], 7
                )
                * size
            )
            forms.tube(
                np.add(claw, (0.95 * side, -1.35, 0.1)),
                np.linspace(0.23, 0.02, len(claw)) * size,
                shell,
                12,
                squash=0.7,
            )
