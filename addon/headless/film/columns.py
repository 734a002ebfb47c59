"""The camera flies through a colonnade, swaying: columns pass by, hide one another and leave the picture."""

from __future__ import annotations

import math

import bpy
import photograph
from lathe import smooth, turn
from mathutils import Vector

from . import surfaces
from .stage import animate, camera, look, sun, surroundings

_SHAFT = [(0.42, 0.3), (0.40, 1.2), (0.36, 2.4), (0.34, 2.9)]
_BASE = [(0.0, 0.0), (0.6, 0.0), (0.62, 0.12), (0.5, 0.2), (0.42, 0.3)]
_CAPITAL = [(0.34, 2.9), (0.42, 3.0), (0.62, 3.2), (0.62, 3.35), (0.0, 3.35)]
# Units between two columns of a row, from the middle to a row, and flown in a frame.
_APART, _ASIDE, _SPEED = 2.6, 1.7, 0.09


def build(frames: int) -> None:
    """Replace the open file by the scene; the colonnade is as long as the flight."""
    bpy.ops.wm.read_homefile(use_empty=True)
    surroundings(photograph.panoramas() / "sunrise.exr", 0.35)
    sun((0.8, 0.35, -0.7), 2.6, (1.0, 0.85, 0.65))
    length = frames * _SPEED + 30.0
    _ground(length)
    _sky(length)
    _rows(math.ceil(length / _APART))
    flyer = camera(28)

    def pose(t: float) -> None:
        sway = math.sin(t / 11.0)
        place = Vector((0.25 * sway, _SPEED * t, 1.55 + 0.12 * math.sin(t / 7.0)))
        look(flyer, place, place + Vector((0.16 * math.sin(t / 14.0), 1.0, 0.03)))

    animate(flyer, frames, pose)


def _rows(count: int) -> None:
    """Columns that share one mesh."""
    first = turn("Column", _BASE + smooth(_SHAFT)[1:] + _CAPITAL[1:], 64)
    veins = [(0.2, 0.12, 0.08), (0.65, 0.5, 0.36), (0.9, 0.84, 0.72), (0.45, 0.5, 0.5)]
    first.data.materials.append(surfaces.stone("Marble", veins, 0.9))
    for place in range(count):
        for side in (-1, 1):
            column = first.copy()
            column.name = f"Column {'left' if side < 0 else 'right'} {place + 1}"
            column.location = (side * _ASIDE, 1.5 + _APART * place, 0.0)
            column.rotation_euler.z = 2.4 * (2 * place + side)
            bpy.context.scene.collection.objects.link(column)
    bpy.data.objects.remove(first)


def _ground(length: float) -> None:
    bpy.ops.mesh.primitive_plane_add(size=1.0, location=(0, length / 2 - 10, 0))
    ground = bpy.context.object
    ground.name, ground.scale = "Ground", (60, length + 20, 1)
    bpy.ops.object.transform_apply(location=False)
    shades = [(0.16, 0.2, 0.16), (0.4, 0.36, 0.25), (0.55, 0.45, 0.32)]
    ground.data.materials.append(surfaces.stone("Pavement", shades, 0.7, joints=1.0))


def _sky(length: float) -> None:
    """A photograph far away, as a thing: with a depth and a name, as the world behind everything has none."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=64, ring_count=32, radius=60.0 + length)
    sky = bpy.context.object
    sky.name = "Sky"
    sky.visible_shadow = sky.visible_diffuse = sky.visible_glossy = False
    sky.data.materials.append(surfaces.pictured("Sky Picture", "forest", (2.0, 1.0), glow=0.9))
