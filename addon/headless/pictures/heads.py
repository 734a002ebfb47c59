"""Motifs that look back: the monkey, masks, skulls, teeth, owls."""

from __future__ import annotations

import math

import bpy
import forms
import numpy as np
from materials import hsv, metal, near, paint
from motif import Rng, motif

TAU = 2 * math.pi
FRONT = (-45, 45)


@motif("monkey", above=(-20, 25), around=FRONT)
def monkey(rng: Rng) -> None:
    """Suzanne."""
    bpy.ops.mesh.primitive_monkey_add(size=2)
    head = bpy.context.object
    forms.subdivide(head, 2)
    head.data.polygons.foreach_set("use_smooth", [True] * len(head.data.polygons))
    hue = rng.choice([0.06, 0.08, 0.04, rng.uniform(0, 1)])
    fur = (
        metal(rng)
        if rng.random() < 0.15
        else paint([near(rng, hue, 0.75, 0.35), near(rng, hue, 0.6, 0.8)], scale=4, bump=0.3, rough=0.5)
    )
    head.data.materials.append(fur)
    head.data.materials.append(paint([(0.97, 0.97, 0.93)], rough=0.1, coat=1))
    # Her eyes are the two parts that hang on nothing else: small, in front.
    for face in head.data.polygons:
        x, y, z = face.center
        if math.dist((abs(x), y, z), (0.35, -0.75, 0.24)) < 0.2 and _is_eye(head.data, face):
            face.material_index = 1
    pupil = paint([near(rng, rng.uniform(0, 1), 0.8, 0.2)], rough=0.05, coat=1)
    for side in (-1, 1):
        forms.ball(pupil, (0.085, 0.05, 0.085), (0.345 * side, -0.86, 0.245), 16)


def _is_eye(mesh: bpy.types.Mesh, face: bpy.types.MeshPolygon) -> bool:
    return all(
        math.dist((abs(mesh.vertices[v].co[0]), mesh.vertices[v].co[2]), (0.344, 0.243)) < 0.17
        and mesh.vertices[v].co[1] < -0.68
        for v in face.vertices
    )


def _face_surface(rng: Rng, colour_of, material, relief) -> None:
    """A shield bulging to the front over a grid, its relief and colours given by functions of x and z (−1..1)."""
    n = 150
    u, v = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n), indexing="ij")
    # A disc out of the square, so that the border is an oval (Shirley and Chiu 1997, its smooth cousin).
    x, z = u * np.sqrt(1 - v**2 / 2), v * np.sqrt(1 - u**2 / 2)
    chin = 1 - 0.28 * np.clip(-z, 0, 1) ** 1.5
    y = -0.75 * np.sqrt(np.clip(1.02 - x**2 - z**2, 0, 1)) - relief(x, z)
    points = np.stack([0.78 * x * chin, y, 1.08 * z], -1)
    forms.surface(points, material, colour=colour_of(x, z))


def _spot(x, z, cx: float, cz: float, rx: float, rz: float, mirrored: bool = True):
    """1 inside an ellipse, on both sides of the face, 0 outside, soft in between."""
    across = np.abs(x) - cx if mirrored else x - cx
    return 1 / (1 + np.exp(14 * (np.hypot(across / rx, (z - cz) / rz) - 1)))


@motif("mask", above=(-15, 15), around=(-35, 35))
def mask(rng: Rng) -> None:
    """A painted mask: brows, hollow eyes, nose, an open mouth, bands of colour."""
    hue = rng.uniform(0, 1)
    ground = np.asarray(near(rng, hue, 0.8, 0.75))
    second = np.asarray(near(rng, hue + rng.choice([0.33, 0.5, 0.12]), 0.85, 0.9))
    third = np.asarray(rng.choice([(0.97, 0.94, 0.85), (0.07, 0.06, 0.08), (0.95, 0.75, 0.15)]))
    eye_x, eye_z = rng.uniform(0.33, 0.42), rng.uniform(0.1, 0.25)
    eye_r, flat = rng.uniform(0.13, 0.22), rng.uniform(0.45, 1.0)
    mouth_z, mouth_w, mouth_h = rng.uniform(-0.6, -0.45), rng.uniform(0.2, 0.42), rng.uniform(0.07, 0.2)
    stripes, tilt = rng.integers(4, 9), rng.uniform(-3, 3)

    def relief(x, z):
        nose = 0.34 * np.exp(-((x / 0.12) ** 2)) * np.clip(1 - ((z + 0.08) / 0.36) ** 2, 0, 1) * (1.15 - 0.9 * z)
        brow = 0.2 * np.exp(-(((z - eye_z - 0.24 - 0.1 * np.abs(x)) / 0.08) ** 2)) * (np.abs(x) < 0.72)
        lips = 0.13 * np.exp(-(((np.hypot(x / mouth_w, (z - mouth_z) / mouth_h) - 1.2) / 0.3) ** 2))
        cheeks = 0.1 * _spot(x, z, 0.45, -0.22, 0.2, 0.18)
        hollow = 0.28 * _spot(x, z, eye_x, eye_z, eye_r, eye_r * flat) + 0.3 * _spot(
            x, z, 0, mouth_z, mouth_w, mouth_h, False
        )
        return nose + brow + lips + cheeks - hollow

    def colour(x, z):
        value = ground + 0 * x[..., None]
        band = np.sin(z * stripes * 2 + np.abs(x) * tilt * 2) > 0.45
        value = np.where((band & (np.abs(x) > 0.3))[..., None], second, value)
        value = np.where((np.abs(x) < 0.08)[..., None] & (z > 0.25)[..., None], third, value)
        ring = _spot(x, z, eye_x, eye_z, eye_r * 1.7, eye_r * flat * 1.9)
        value = value + (third - value) * ring[..., None]
        lips = _spot(x, z, 0, mouth_z, mouth_w * 1.35, mouth_h * 1.6, False)
        value = value + (np.asarray((0.75, 0.08, 0.1)) - value) * lips[..., None]
        dots = (
            (np.hypot((np.abs(x) - 0.5) * 7 % 1 - 0.5, (z + 0.25) * 7 % 1 - 0.5) < 0.3)
            & (z < -0.1)
            & (z > -0.5)
            & (np.abs(x) > 0.42)
        )
        value = np.where(dots[..., None], third, value)
        dark = np.clip(
            _spot(x, z, eye_x, eye_z, eye_r, eye_r * flat) + _spot(x, z, 0, mouth_z, mouth_w, mouth_h, False), 0, 1
        )
        return value * (1 - 0.97 * dark[..., None])

    _face_surface(rng, colour, paint("mesh", grain=0.2, scale=6, rough=0.3, coat=0.5), relief)
    plume = [paint([near(rng, hue + 0.5, 0.85, 0.8)], rough=0.6), paint([near(rng, hue + 0.2, 0.85, 0.9)], rough=0.6)]
    for k in range(int(rng.choice([0, 7, 9, 11]))):
        a = (k - 4) * 0.22 + math.pi / 2
        tip = np.array([1.5 * math.cos(a), 0, 1.65 * math.sin(a)])
        path = forms.curve([tip * 0.6, tip * 0.85 + (0, 0.1, 0), tip], 6)
        forms.tube(
            path, np.interp(np.linspace(0, 1, len(path)), [0, 0.6, 1], [0.05, 0.13, 0.01]), plume[k % 2], 10, squash=0.3
        )


@motif("skull", above=(-15, 20), around=(-40, 40))
def skull(rng: Rng) -> None:
    """Bone: a round vault, hollow eyes, the hole of the nose, two rows of teeth."""
    bone = np.asarray(near(rng, 0.11, 0.25, 0.95))
    n = 170
    t, a = np.meshgrid(np.linspace(0.0, 1, n), np.linspace(0, TAU, n, endpoint=False), indexing="ij")
    z = np.cos(t * math.pi)
    r = np.sin(t * math.pi)
    x, y = r * np.sin(a), -r * np.cos(a)
    front = np.clip(-y, 0, 1)
    low = np.clip(-z - 0.05, 0, 1)
    # The vault narrows into a jaw in front and ends early behind.
    width = 0.82 - 0.5 * low**0.9 + 0.04 * _spot(x, z, 0.6, -0.15, 0.2, 0.15)
    deep = np.where(y < 0, 0.85 - 0.12 * low, 1.1 - 0.75 * low)
    px, py, pz = x * width, y * deep, z * np.where(z > 0, 0.88, 1.0)
    eye_x, eye_r = rng.uniform(0.37, 0.42), rng.uniform(0.2, 0.25)
    nx, nz = px / 0.8, pz
    eyes = _spot(nx, nz, eye_x, -0.02, eye_r, eye_r * 0.92) * (front > 0.15)
    nose = (1 / (1 + np.exp(14 * (np.hypot(nx / 0.13, (nz + 0.37) / 0.16) - 1 + 0.5 * (nz + 0.37))))) * (front > 0.3)
    py = py + 0.42 * eyes + 0.3 * nose - 0.1 * front * np.exp(-(((nz - 0.24) / 0.08) ** 2)) * (np.abs(nx) < 0.75)
    px = px - np.sign(px) * 0.09 * np.exp(-(((nz + 0.32) / 0.1) ** 2)) * (np.abs(x) > 0.55)
    shade = np.clip(eyes + nose, 0, 1)
    temple = 0.25 * _spot(x, z, 0.85, 0.0, 0.15, 0.25)
    colour = bone * (1 - 0.93 * shade - temple * 0.6)[..., None]
    skin = paint("mesh", grain=0.35, scale=4, rough=0.55)
    forms.surface(np.stack([px, py, pz], -1), skin, closed=(False, True), colour=colour)
    tooth = paint([(0.98, 0.95, 0.82)], rough=0.25, coat=0.5)
    gap = rng.uniform(0.0, 0.16)
    jaw = forms.curve(
        [
            (-0.42, 0.0, -0.45),
            (-0.4, -0.3, -0.98 - gap),
            (0, -0.78, -1.12 - gap),
            (0.4, -0.3, -0.98 - gap),
            (0.42, 0.0, -0.45),
        ],
        8,
    )
    forms.tube(jaw, 0.12, paint([tuple(bone * 0.75), tuple(bone)], scale=3, rough=0.6), 12)
    for k in range(-4, 5):
        angle = k * 0.19
        at = (0.42 * math.sin(angle * 1.25), -0.42 - 0.33 * math.cos(angle * 1.25), 0)
        forms.ball(tooth, (0.052, 0.05, 0.1), np.add(at, (0, 0, -0.75)), 12)
        forms.ball(tooth, (0.05, 0.05, 0.09), np.add(at, (0, 0, -0.93 - gap)), 12)


@motif("teeth", above=(-15, 20), around=(-30, 30))
def teeth(rng: Rng) -> None:
    """An open mouth: lips, gums, two rows of teeth, a tongue."""
    lip = paint([near(rng, 0.98, 0.85, 0.65, 0.03)], rough=0.2, coat=0.7)
    gum = paint([near(rng, 0.98, 0.55, 0.75, 0.02)], rough=0.2, coat=0.8)
    enamel = paint([near(rng, 0.13, 0.1, 0.99, 0.01)], rough=0.12, coat=1.0)
    t = np.linspace(0, TAU, 80, endpoint=False)
    wide, tall = 1.2, rng.uniform(0.6, 1.0)
    path = np.stack(
        [
            wide * np.cos(t),
            -0.25 * np.cos(t) ** 2 * -1 - 0.3,
            tall * np.sin(t) * (1 - 0.12 * np.exp(-((np.cos(t) / 0.25) ** 2)) * (np.sin(t) > 0)),
        ],
        -1,
    )
    forms.tube(path, 0.17 + 0.07 * np.abs(np.sin(t)), lip, 16, closed=True)
    forms.ball(paint([(0.12, 0.01, 0.02)], rough=0.8), (wide, 0.4, tall), (0, 0.5, 0))
    sharp = rng.random() < 0.35
    for up in (-1, 1):
        arch = np.stack(
            [
                np.linspace(-0.95, 0.95, 20),
                0.25 * np.linspace(-1, 1, 20) ** 2 - 0.2,
                up * (tall * np.sqrt(1 - np.linspace(-0.86, 0.86, 20) ** 2) - 0.07),
            ],
            -1,
        )
        forms.tube(arch, 0.14, gum, 12)
        for k in range(-4, 5):
            x = k * 0.205
            size = 0.11 if abs(k) < 2 else 0.095
            top = tall * math.sqrt(1 - (x / 1.1) ** 2) - 0.1
            if sharp:
                fang = forms.turned([(size, 0), (size * 0.8, 0.15), (0.005, 0.5)], enamel, 12)
                fang.location, fang.rotation_euler = (
                    (x, 0.25 * (x / 0.95) ** 2 - 0.26, up * top),
                    (math.pi if up > 0 else 0, 0, 0),
                )
            else:
                forms.ball(enamel, (size, 0.09, 0.21), (x, 0.25 * (x / 0.95) ** 2 - 0.26, up * (top - 0.1)), 18)
    forms.ball(
        paint([near(rng, 0.97, 0.6, 0.85, 0.02)], scale=9, bump=0.4, rough=0.25, coat=0.5),
        (0.62, 0.5, 0.22),
        (0, 0.05, -tall * 0.5),
    )


@motif("owl", above=(-10, 20), around=(-30, 30))
def owl(rng: Rng) -> None:
    """Two great eyes in a feathered face, ears, a hooked beak, a speckled breast."""
    hue = rng.choice([0.07, 0.09, 0.05, 0.6, 0.1])
    n = 110
    t, a = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, TAU, n, endpoint=False), indexing="ij")
    profile = forms.curve(
        [(0.02, 1.32), (0.55, 1.25), (0.8, 0.9), (0.74, 0.55), (0.95, 0.1), (0.85, -0.6), (0.3, -1.0)], 18
    )
    radius = np.interp(t, np.linspace(0, 1, len(profile)), profile[:, 0])
    height = np.interp(t, np.linspace(0, 1, len(profile)), profile[:, 1])
    points = np.stack([radius * np.sin(a), -radius * 0.85 * np.cos(a), height], -1)
    dark, light = np.asarray(near(rng, hue, 0.7, 0.35)), np.asarray(near(rng, hue + 0.02, 0.3, 0.95))
    rows = height * 11
    scallop = np.abs((a * 9 / math.pi + np.floor(rows) * 0.5) % 1 - 0.5) * 2
    feather = np.clip(1.6 * (rows % 1) - scallop * 0.8, 0, 1)
    breast = np.clip(np.cos(a) * 1.6, 0, 1) * (height < 0.5)
    colour = dark + (light - dark) * (0.25 + 0.55 * breast)[..., None]
    colour = colour * (0.45 + 0.7 * feather)[..., None]
    forms.surface(points, paint("mesh", rough=0.8), closed=(False, True), colour=colour)
    iris_hue = rng.choice([0.13, 0.1, 0.07, 0.02])
    disc = paint([near(rng, hue, 0.25, 0.98)], texture="bands", scale=6, rough=0.8)
    rim = paint([tuple(dark * 0.8)], rough=0.8)
    iris = paint([near(rng, iris_hue, 0.95, 0.8), near(rng, iris_hue + 0.02, 0.9, 1.0)], scale=10, rough=0.05, coat=1.0)
    black = paint([(0.01, 0.01, 0.01)], rough=0.03, coat=1.0)
    for side in (-1, 1):
        x, z = 0.36 * side, 0.86
        ring = [
            forms.ball(rim, (0.42, 0.16, 0.42), (x, -0.58, z)),
            forms.ball(disc, (0.38, 0.17, 0.38), (x * 0.98, -0.61, z)),
        ]
        for part in ring:
            part.rotation_euler = (0, 0, -0.3 * side)
        forms.ball(iris, (0.23, 0.13, 0.23), (x * 0.97, -0.7, z))
        forms.ball(black, (0.125, 0.08, 0.125), (x * 0.95, -0.785, z))
        ear = forms.turned([(0.17, 0), (0.1, 0.25), (0.005, 0.5)], rim, 14)
        forms.aim(ear, (0.42 * side, -0.25, 1.15), (0.5 * side, -0.15, 1))
        wing = forms.ball(rim, (0.2, 0.55, 0.78), (0.88 * side, 0.05, -0.15))
        wing.rotation_euler = (0.15, 0.12 * side, 0)
    beak = forms.curve([(0, -0.72, 0.78), (0, -0.95, 0.66), (0, -0.88, 0.46)], 6)
    forms.tube(beak, np.linspace(0.12, 0.01, len(beak)), paint([hsv(0.11, 0.7, 0.75)], rough=0.3), 12)
