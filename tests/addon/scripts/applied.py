"""A dream is applied to a material, undone, redone, toggled, saved and loaded again; then dreamt once more."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import numpy as np
import stage


def history(node: bpy.types.Node, values: np.ndarray) -> None:
    """Undo brings the old texture back, redo the dream with its pixels, however far one goes."""
    assert node.image.name == "Bricks dream"
    bpy.ops.ed.undo()
    assert stage.shown() == "Bricks.png"
    bpy.ops.ed.redo()
    assert stage.shown() == "Bricks dream"
    assert np.array_equal(stage.pixels(bpy.data.images["Bricks dream"]), values)
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    assert "Bricks dream" not in bpy.data.images
    bpy.ops.ed.redo()
    bpy.ops.ed.redo()
    assert stage.shown() == "Bricks dream"
    assert np.array_equal(stage.pixels(bpy.data.images["Bricks dream"]), values), "redo lost the pixels"


def play() -> None:
    source = stage.painted("Bricks.png")
    source.use_fake_user = True
    source.pack()
    node = stage.material(source)
    group = bpy.context.scene.reverie
    group.octaves, group.iterations, group.octave_scale, group.seed = 1, 2, 1.5, 11
    bpy.ops.ed.undo_push(message="Start")
    assert bpy.ops.reverie.dream(wait=True) == {"FINISHED"}
    values = stage.pixels(node.image)
    assert not np.array_equal(values, stage.pixels(source)), "the dream changed nothing"
    assert np.allclose(values[3::4], stage.pixels(source)[3::4], atol=1e-6), "alpha was dreamt on"
    history(node, values)

    assert bpy.ops.reverie.toggle_original() == {"FINISHED"}
    assert stage.shown() == "Bricks.png"
    assert bpy.ops.reverie.toggle_original() == {"FINISHED"}
    assert stage.shown() == "Bricks dream"

    path = str(Path(tempfile.mkdtemp(), "scene.blend"))
    assert not bpy.data.images["Bricks dream"].packed_file, "packing waits until the file is saved"
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert stage.shown() == "Bricks dream"
    result = bpy.data.images["Bricks dream"]
    assert result.packed_file and np.allclose(stage.pixels(result), values, atol=1e-6)
    assert result.reverie.original.name == "Bricks.png"

    made_with = stage.part("properties").stored(result)
    assert (made_with.seed, made_with.octave_scale) == (11, 1.5)
    bpy.context.scene.reverie.seed = 5
    assert bpy.ops.reverie.dream_again(wait=True) == {"FINISHED"}
    assert stage.shown() == "Bricks dream.001"
    assert bpy.context.scene.reverie.seed == 11
    again = stage.pixels(bpy.data.images["Bricks dream.001"])
    assert np.allclose(again, values, atol=2 / 255), "the same settings gave another dream"
    assert bpy.data.images["Bricks dream.001"].reverie.original.name == "Bricks.png"


stage.run(play)
