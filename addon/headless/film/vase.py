"""The camera walks around the demo's painted vase, on a patterned floor."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import bpy
import photograph
import still_life
from mathutils import Vector

from . import surfaces
from .stage import animate, look

# Degrees a frame, on an arc whose middle, at frame 30, is where the demo's camera stands.
_PACE, _MIDDLE = 0.6, 30.0


def build(frames: int) -> None:
    """Replace the open file by the scene."""
    with tempfile.TemporaryDirectory() as folder:
        texture = Path(folder, "texture.png")
        photograph.develop(photograph.panoramas() / "sunrise.exr", texture)
        still_life.build(texture).image.pack()
    _dress()
    camera = bpy.context.scene.camera
    camera.data.dof.use_dof = False  # where a lens blurs, no pixel has one motion
    camera.data.lens = 46

    def pose(t: float) -> None:
        around, out = math.radians(-7.5 + (t - _MIDDLE) * _PACE), 6.4 - 0.012 * t
        place = Vector((out * -math.sin(-around), -out * math.cos(around), 2.05 + 0.006 * t))
        look(camera, place, Vector((0.08, 0.0, 1.02)))

    animate(camera, frames, pose)


def _dress() -> None:
    """Veins and tiles for what the still life leaves plain: a dream needs something to begin from."""
    marble = surfaces.stone("Marble", [(0.05, 0.045, 0.05), (0.16, 0.14, 0.13), (0.3, 0.26, 0.2)], 2.2)
    tiles = surfaces.stone("Tiles", [(0.10, 0.16, 0.18), (0.22, 0.26, 0.22), (0.32, 0.24, 0.15)], 0.9, joints=1.1)
    for name, material in (("Stone", marble), ("Backdrop", tiles)):
        bpy.data.objects[name].data.materials[0] = material
