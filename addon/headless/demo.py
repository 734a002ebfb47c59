"""The demo inside Blender: a painted vase, rendered, its paint dreamt on a server by the add-on, rendered again.

Usage: ``… demo.py ADDRESS FOLDER [--quick]``, with the add-on installed in the profile. Tells how it goes on as
`report` describes.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from pathlib import Path

import bpy  # isort: split

import addon_utils  # to be found only once bpy is imported
import photograph
import report
import still_life

NAME = "bl_ext.user_default.reverie"


def run(address: str, folder: Path, quick: bool) -> None:
    """Do it all and leave the pictures and the file in ``folder``."""
    report.Phase("Building the scene")
    addon_utils.enable(NAME, default_set=True)
    bpy.context.preferences.addons[NAME].preferences.address = address
    texture = folder / "texture.png"
    photograph.develop(photograph.panoramas() / "sunrise.exr", texture)
    node = still_life.build(texture)
    set_up_render(quick)

    seconds = render("Rendering the photograph on the vase", folder / "before.png")
    dream(quick)
    node.image.save(filepath=str(folder / "dream.png"), save_copy=True)
    render("Rendering the dream on the vase", folder / "after.png", seconds)

    report.Phase("Saving the scene")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))


def set_up_render(quick: bool) -> None:
    """Cycles on the processor, a dozen samples and the denoiser: seconds, not minutes."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = 640, 720
    scene.render.resolution_percentage = 20 if quick else 100
    scene.render.use_persistent_data = True
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = 0.4
    cycles = scene.cycles
    cycles.samples = 2 if quick else 12
    cycles.adaptive_threshold = 0.1
    cycles.use_denoising = True
    cycles.max_bounces = 4
    cycles.caustics_reflective = cycles.caustics_refractive = False


def render(title: str, target: Path, expected: float | None = None) -> float:
    """Render the scene into the file ``target``; returns the seconds it took, ``expected`` from the time before."""
    began = time.monotonic()
    bpy.context.scene.render.filepath = str(target)
    with report.RenderWatch(report.Phase(title, expected)):
        bpy.ops.render.render(write_still=True)
    return time.monotonic() - began


def dream(quick: bool) -> None:
    """Dream the texture of the active material, as the button does, and wait for it."""
    phase = report.Phase("Dreaming the texture")
    settings = bpy.context.scene.reverie
    if quick:
        settings.octaves, settings.iterations = 2, 1
    bpy.ops.reverie.dream()
    addon = {part: importlib.import_module(f"{NAME}.addon.{part}") for part in ("connection", "dreams", "pump")}
    (dream,) = addon["dreams"].running
    while dream in addon["dreams"].running:
        if not addon["pump"].pump():
            addon["connection"].current().wait(0.02)
        phase.seconds_left(dream.remote.seconds_left)
    if dream.remote.error:
        raise RuntimeError(f"{dream.remote.error.msg} {dream.remote.error.hint}")


if __name__ == "__main__":
    status = 1
    try:
        run(sys.argv[1], Path(sys.argv[2]), "--quick" in sys.argv)
        addon_utils.disable(NAME)
        status = 0
    except RuntimeError as error:  # Blender's own errors and what operators report
        report.failure(str(error).removeprefix("Error: ").strip())
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # nothing of Blender's long farewell is needed
