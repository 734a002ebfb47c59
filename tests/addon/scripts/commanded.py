"""The command of an animation, as Blender would run it; or with ``prepare`` in place of it the file that it is run on.

Arguments: FOLDER of scene.blend, the command's own words or ``prepare``, and last the server's address.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import stage


def prepare(folder: Path) -> None:
    """A file whose animation has four tiny frames; its cube moves aside."""
    scene = bpy.context.scene
    render = scene.render
    render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    render.resolution_x, render.resolution_y, render.resolution_percentage = 32, 24, 100
    scene.frame_start, scene.frame_end = 1, 4
    render.filepath = "//shot_"
    cube = bpy.data.objects["Cube"]
    for frame, where in ((1, 0.0), (4, 0.5)):
        cube.location.x = where
        cube.keyframe_insert("location", frame=frame)
    scene.reverie.octaves, scene.reverie.iterations = 1, 1
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))


def play() -> None:
    folder, words = Path(sys.argv[1]), sys.argv[2:-1]
    if words == ["prepare"]:
        prepare(folder)
        return
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    status = stage.part("animation.command").main(words)
    print(f"STATUS {status}")


stage.run(play)
