"""Blender goes away while dreams are under way, and comes back: what was dreamt meanwhile is put where it belongs.

    python away.py leave|back|nothing|resume|wander|home FILE ADDRESS

leave: three dreams of a saved file are begun, then the process is killed. back: they are applied. nothing: nothing is
left of them. resume: dreams still under way go on in their file by themselves. wander: as leave, but the
kill comes from outside, at any moment. home: whatever the server has dreamt is applied.
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
    """Have the add-on look for what was left, and keep what is not saved, as it does where there are windows."""
    returning = stage.part("returning")
    setattr(stage.part("awaiting"), "KEPT", 8)  # noqa: B010 - a module's own name
    stage.part("connection").get()
    returning.look()
    return returning


def wall() -> bpy.types.Node:
    """The image-texture node of the file."""
    return next(node for node in bpy.data.materials["Wall"].node_tree.nodes if node.type == "TEX_IMAGE")


def prepare() -> bpy.types.Node:
    """A saved file with the images; the node that shows the first."""
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    for name in NAMES:
        image = stage.painted(name)
        image.pack()
        image.use_fake_user = True
    node = stage.material(bpy.data.images["Bricks"])
    bpy.ops.wm.save_as_mainfile(filepath=FILE)
    return node


def begin(node: bpy.types.Node) -> None:
    dreams = stage.part("dreams")
    for name in NAMES:
        place = stage.place(node) if name == "Bricks" else None
        dreams.start(bpy.data.images[name], stage.settings(seed=NAMES.index(name)), place)
    assert bpy.data.images["Cloth"].reverie.awaited


def leave() -> None:
    begin(prepare())
    dreams = stage.part("dreams")
    stage.pump_until(lambda: all(dream.remote.state.name in ("QUEUED", "RUNNING") for dream in dreams.running))
    bpy.ops.wm.save_mainfile()
    print("LEFT", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def wander() -> None:
    node = prepare()
    setattr(stage.part("awaiting"), "KEPT", 8)  # noqa: B010 - a module's own name
    stage.part("connection").get()
    stage.pump_until(stage.part("connection").is_connected)
    print("BEGINS", flush=True)
    begin(node)
    stage.pump_until(lambda: False)


def home() -> None:
    returning, dreams = look(), stage.part("dreams").running
    bpy.ops.wm.open_mainfile(filepath=FILE)

    def settled() -> bool:
        waiting = len(returning.finished()) < len(returning.known())
        return not (returning.elsewhere() or dreams or waiting)

    stage.pump_until(settled)
    if returning.finished():
        bpy.ops.reverie.apply_returned()
        stage.pump_until(lambda: settled() and not returning.known())
    bpy.ops.wm.save_mainfile()
    stage.pump_until(lambda: not stage.part("connection").current().pump())
    found = [image.reverie.job for image in stage.part("images").results()]
    assert len(found) == len(set(found))
    print("FOUND", *found)


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


PHASES = (leave, back, nothing, resume, wander, home)
stage.run(next(phase for phase in PHASES if phase.__name__ == PHASE))
