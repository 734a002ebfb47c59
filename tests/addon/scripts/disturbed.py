"""While a dream runs: its image is deleted, a file is loaded, undo, saving, a second dream, cancelling."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import stage

LONG = {"octaves": 2, "iterations": 8}


def begin(name: str, **values: object) -> tuple[bpy.types.Node, Any]:
    """A dream under way on a material."""
    node = stage.material(stage.painted(name))
    dream = stage.part("dreams").start(node.image, stage.settings(**{**LONG, **values}), stage.place(node))
    stage.pump_until(lambda: dream.remote.state.name not in ("WAITING", "SENDING"))
    return node, dream


def two_at_once() -> None:
    node, first = begin("First")
    second = stage.part("dreams").start(stage.painted("Second"), stage.settings(**LONG))
    stage.finish(first)
    stage.finish(second)
    assert node.image.name == "First dream" and "Second dream" in bpy.data.images


def cancelled() -> None:
    node, dream = begin("Cancelled", iterations=500)
    stage.pump_until(lambda: dream.preview)
    assert node.image.name == "Cancelled dreaming", "the preview is not shown"
    assert np.ptp(stage.pixels(node.image)) > 0, "the preview is empty"
    assert not bpy.ops.reverie.dream.poll(), "a preview could be dreamt on"
    assert bpy.ops.reverie.cancel() == {"FINISHED"}
    assert node.image.name == "Cancelled"
    assert [image.name for image in bpy.data.images if image.name.startswith("Cancelled")] == ["Cancelled"]
    assert not stage.part("dreams").running


def image_deleted() -> None:
    _, dream = begin("Deleted")
    bpy.data.images.remove(bpy.data.images["Deleted"])
    stage.finish(dream)
    result = bpy.data.images["Deleted dream"]
    assert result.use_fake_user and result.reverie.record
    assert "removed" in stage.part("notices").current().message


def undone() -> None:
    bpy.ops.ed.undo_push(message="Before")
    begin("Undone", iterations=40)
    bpy.ops.ed.undo_push(message="Material")
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.ed.undo_push(message="Deselect")
    dream = stage.part("dreams").running[-1]
    stage.pump_until(lambda: dream.preview)
    bpy.ops.ed.undo()
    stage.finish(dream)
    assert "Undone dream" in bpy.data.images
    assert shown_by_undone() == "Undone dream", shown_by_undone()
    bpy.ops.ed.undo()
    assert shown_by_undone() == "Undone"


def shown_by_undone() -> str:
    materials = [material for material in bpy.data.materials if material.node_tree]
    images = [
        node.image.name for m in materials for node in m.node_tree.nodes if node.type == "TEX_IMAGE" and node.image
    ]
    return next(name for name in images if name.startswith("Undone"))


def saved_in_the_middle() -> None:
    node, dream = begin("Saved", iterations=30)
    stage.pump_until(lambda: dream.preview)
    path = str(Path(tempfile.mkdtemp(), "middle.blend"))
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    with bpy.data.libraries.load(path) as (there, _):
        assert "Saved" in there.images and "Saved dreaming" not in there.images
    stage.finish(dream)
    assert node.image.name == "Saved dream"


def file_loaded() -> None:
    begin("Elsewhere")
    bpy.ops.wm.read_homefile(use_empty=True)
    assert "Elsewhere" not in bpy.data.images
    returning = stage.part("returning")
    stage.pump_until(returning.finished)
    assert "Elsewhere dream" not in bpy.data.images, "it came into another file unasked"
    assert bpy.ops.reverie.apply_returned() == {"FINISHED"}
    stage.finish(stage.part("dreams").running[-1])
    result = bpy.data.images["Elsewhere dream"]
    assert result.use_fake_user and np.ptp(stage.pixels(result)) > 0
    assert "another file" in stage.part("notices").current().message


def play() -> None:
    two_at_once()
    cancelled()
    image_deleted()
    undone()
    saved_in_the_middle()
    file_loaded()


stage.run(play)
