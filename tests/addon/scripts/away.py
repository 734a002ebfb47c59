"""Blender goes away while dreams are under way, and comes back: what was dreamt meanwhile is put where it belongs.

    python away.py leave|back|nothing|resume FILE ADDRESS

leave: three dreams of a saved file are begun, then the process is killed. back: they are applied. nothing: nothing is
left of them. resume: dreams still under way go on in their file by themselves.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import stage

NAMES = ("Bricks", "Cloth", "Gone")
PHASE, FILE = sys.argv[-3:-1]


def names(returned: list[Any]) -> set[str]:
    return {each.name for each in returned}


def look() -> Any:
    """Have the add-on look for what was left, as it does by itself where there are windows."""
    returning = stage.part("returning")
    stage.part("awaiting").KEPT = 8
    stage.part("connection").get()
    returning.look()
    return returning


def wall() -> bpy.types.Node:
    """The image-texture node of the file."""
    return next(node for node in bpy.data.materials["Wall"].node_tree.nodes if node.type == "TEX_IMAGE")


def leave() -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    for name in NAMES:
        image = stage.painted(name)
        image.pack()
        image.use_fake_user = True
    node = stage.material(bpy.data.images["Bricks"])
    bpy.ops.wm.save_as_mainfile(filepath=FILE)
    dreams = stage.part("dreams")
    for name in NAMES:
        place = stage.place(node) if name == "Bricks" else None
        dreams.start(bpy.data.images[name], stage.settings(seed=NAMES.index(name)), place)
    assert bpy.data.images["Cloth"].reverie.awaited
    stage.pump_until(lambda: all(dream.remote.state.name in ("QUEUED", "RUNNING") for dream in dreams.running))
    bpy.ops.wm.save_mainfile()
    print("LEFT", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def back() -> None:
    returning = look()
    stage.pump_until(lambda: len(returning.finished()) == 3)
    assert names(returning.finished()) == {f"{name}, in {Path(FILE).name}" for name in NAMES}
    assert not stage.part("dreams").running

    bpy.ops.wm.open_mainfile(filepath=FILE)
    stage.pump_until(lambda: len(returning.finished()) == 3)
    assert names(returning.finished()) == set(NAMES), "the file does not know its dreams"
    bpy.data.images["Cloth"].name = "Silk"
    bpy.data.images.remove(bpy.data.images["Gone"])
    bpy.ops.ed.undo_push(message="Before")
    assert bpy.ops.reverie.apply_returned() == {"FINISHED"}
    stage.pump_until(lambda: not stage.part("dreams").running and not returning.known())

    assert wall().image.name == "Bricks dream", wall().image.name
    source, dream = bpy.data.images["Bricks"], bpy.data.images["Bricks dream"]
    colours = np.abs(stage.pixels(dream) + stage.pixels(source) - 1)
    assert colours.max() < 0.01, "not the dream of this image"
    assert bpy.data.images["Cloth dream"].reverie.original == bpy.data.images["Silk"], "renamed, it was not found"
    gone = bpy.data.images["Gone dream"]
    assert gone.use_fake_user and gone.reverie.original is None
    assert stage.part("properties").stored(gone).seed == NAMES.index("Gone")

    while wall().image.name != "Bricks":
        assert bpy.ops.ed.undo() == {"FINISHED"}
    while wall().image.name == "Bricks":
        assert bpy.ops.ed.redo() == {"FINISHED"}
    assert np.ptp(stage.pixels(wall().image)) > 0, "redoing brought back an empty dream"
    bpy.ops.wm.save_mainfile()
    assert not any(image.reverie.awaited for image in bpy.data.images)
    stage.pump_until(lambda: not stage.part("connection").current().pump())


def nothing() -> None:
    returning = look()
    bpy.ops.wm.open_mainfile(filepath=FILE)
    for _ in range(20):
        stage.part("pump").pump()
        stage.part("connection").current().wait(0.02)
    assert stage.part("connection").is_connected()
    assert not returning.known() and not returning.elsewhere() and not stage.part("dreams").running
    assert wall().image.name == "Bricks dream"
    notice = stage.part("notices").current()
    assert notice is None, notice


def resume() -> None:
    returning = look()
    stage.pump_until(lambda: len(returning.under_way()) == 3)
    bpy.ops.wm.open_mainfile(filepath=FILE)
    dreams = stage.part("dreams")
    stage.pump_until(lambda: len(dreams.running) == 3)
    assert not returning.known(), "what goes on is not announced as well"

    # Another file is opened in the middle: it waits for its own.
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not dreams.running and len(returning.known()) == 3
    bpy.ops.wm.open_mainfile(filepath=FILE)
    stage.pump_until(lambda: len(dreams.running) == 3)
    assert dreams.on(wall().image), "its image does not show that it dreams"
    print("GOES ON", flush=True)
    stage.pump_until(lambda: not dreams.running)
    assert wall().image.name == "Bricks dream"


stage.run({"leave": leave, "back": back, "nothing": nothing, "resume": resume}[PHASE])
