"""A wheel with wings turns fast before a painted wall that stands still, and hides and shows it all the time."""

from __future__ import annotations

import math

import bpy
import photograph
from lathe import smooth, turn
from mathutils import Vector

from . import surfaces
from .stage import animate, camera, look, sun, surroundings

_WINGS, _DEGREES = 3, 11.0


def build(frames: int) -> None:
    """Replace the open file by the scene."""
    bpy.ops.wm.read_homefile(use_empty=True)
    surroundings(photograph.panoramas() / "courtyard.exr", 0.7)
    sun((0.5, 1.0, -0.8), 2.0, (1.0, 0.92, 0.8))
    _wall()
    wheel = _wheel()
    wheel.location = (0.0, -1.2, 0.0)

    def pose(t: float) -> None:
        # Tilted, so that the wings come nearer and go farther as they turn.
        wheel.rotation_euler = (0.35, math.radians(_DEGREES * t), 0.25)

    animate(wheel, frames, pose)
    look(camera(50), Vector((0.0, -7.5, 0.3)), Vector((0.0, 0.0, 0.0)))


def _wall() -> None:
    bpy.ops.mesh.primitive_plane_add(size=2.0, location=(0, 1.0, 0), rotation=(math.pi / 2, 0, 0))
    wall = bpy.context.object
    wall.name, wall.scale = "Wall", (4.4, 2.2, 1)
    wall.data.materials.append(surfaces.pictured("Fresco", "courtyard", glow=0.15))


def _wheel() -> bpy.types.Object:
    """A hub and wings, joined by parenting; the hub is what turns."""
    hub = turn("Hub", smooth([(0.0, -0.4), (0.3, -0.3), (0.4, 0.0), (0.3, 0.3), (0.0, 0.4)]), 48)
    hub.data.materials.append(surfaces.stone("Jasper", [(0.3, 0.04, 0.02), (0.75, 0.3, 0.1), (0.85, 0.7, 0.5)], 2.5))
    paint = surfaces.pictured("Wing Paint", "sunset", (2.0, 1.0))
    for wing in range(_WINGS):
        bpy.ops.mesh.primitive_uv_sphere_add(segments=48, ring_count=24)
        thing = bpy.context.object
        thing.name, thing.parent = f"Wing {wing + 1}", hub
        angle = 2 * math.pi * wing / _WINGS
        thing.location = (0.75 * math.cos(angle), 0.0, 0.75 * math.sin(angle))
        thing.rotation_euler = (0.0, -angle, 0.0)
        thing.scale = (0.6, 0.16, 0.3)
        thing.data.materials.append(paint)
        thing.data.polygons.foreach_set("use_smooth", [True] * len(thing.data.polygons))
    return hub
