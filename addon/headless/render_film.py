"""Renders one of the scenes of `film` as a sequence of multilayer EXRs.

Usage: ``… render_film.py FOLDER SCENE FRAMES WIDTH HEIGHT SAMPLES``. Leaves 0001.exr, 0002.exr, … and scene.blend in
the folder. Tells how it goes on as `report` describes, and ``{"rendered": path}`` after each frame.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

import bpy  # isort: split

import report
from film import columns, spinner, stage, vase

SCENES = {"vase": vase.build, "spinner": spinner.build, "columns": columns.build}


def run(folder: Path, scene: str, frames: int, size: tuple[int, int], samples: int) -> None:
    """Build the scene and render its frames into ``folder``."""
    report.Phase("Building the scene")
    SCENES[scene](frames)
    stage.number()
    stage.set_up_render(size, frames, samples)
    bpy.context.scene.render.filepath = str(folder / "####")
    phase = report.Phase("Rendering the frames")
    began = time.monotonic()

    def written(*_: object) -> None:
        done = bpy.context.scene.frame_current
        print(json.dumps({"rendered": str(folder / f"{done:04}.exr")}), flush=True)
        phase.seconds_left((time.monotonic() - began) / done * (frames - done))

    bpy.app.handlers.render_write.append(written)
    bpy.ops.render.render(animation=True)
    bpy.app.handlers.render_write.remove(written)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))


if __name__ == "__main__":
    status = 1
    try:
        folder, scene, *numbers = sys.argv[1:]
        frames, width, height, samples = map(int, numbers)
        run(Path(folder), scene, frames, (width, height), samples)
        status = 0
    except RuntimeError as error:  # Blender's own errors
        report.failure(str(error).removeprefix("Error: ").strip())
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # nothing of Blender's long farewell is needed
