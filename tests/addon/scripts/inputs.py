"""A guide and a mask go along, are stored with the dream, and dream again; detail alone takes no picture's place."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import stage


def scene() -> Any:
    """The settings of the next dream, looked up anew: undo replaces datablocks."""
    return bpy.context.scene.reverie  # type: ignore[attr-defined]


def dreamt(operator: str = "dream") -> bpy.types.Image:
    """Run an operator to its end; returns the newest dream."""
    assert getattr(bpy.ops.reverie, operator)(wait=True) == {"FINISHED"}
    return max(stage.part("images").results(), key=lambda image: image.session_uid)


def stored_and_used_again(node: bpy.types.Node) -> None:
    group = scene()
    group.guide, group.mask = stage.painted("Guide", 40), stage.painted("Mask", 24)
    result = dreamt()
    assert node.image == result
    assert (result.reverie.guide.name, result.reverie.mask.name) == ("Guide", "Mask")
    group.guide = group.mask = None
    again = dreamt("dream_again")
    assert (again.reverie.guide.name, again.reverie.mask.name) == ("Guide", "Mask")
    assert (scene().guide.name, scene().mask.name) == ("Guide", "Mask"), (
        "the artist is not shown what it is dreamt with"
    )
    assert np.allclose(stage.pixels(again), stage.pixels(result), atol=2 / 255)

    bpy.data.images.remove(bpy.data.images["Guide"])
    begun = stage.part("dreams").again(again, stage.place(node))
    assert "guide" in stage.part("notices").current().message
    stage.finish(begun)
    alone = stage.part("images").by_uid(begun.result)
    assert list(stage.part("properties").inputs(alone.reverie)) == ["mask"]


def refused(path: Path, *words: str) -> None:
    """Opening a file as the guide fails with a message holding ``words``."""
    try:
        bpy.ops.reverie.open_input(name="guide", filepath=str(path))
    except RuntimeError as error:
        assert all(word in str(error) for word in words), error
        assert scene().guide is None
        return
    raise AssertionError(f"{path} was opened")


def without_pixels() -> None:
    group = scene()
    group.mask = bpy.data.images.new("Nowhere", 8, 8)
    group.mask.source, group.mask.filepath = "FILE", "//nowhere.png"
    try:
        bpy.ops.reverie.dream(wait=True)
        raise AssertionError("dreamt with a mask that has no pixels")
    except RuntimeError as error:
        assert "Nowhere" in str(error) and "missing" in str(error), error
    group.mask = None
    path = Path(tempfile.mkdtemp(), "leaf.png")
    refused(path, "leaf.png", "can't be opened")
    letter = path.with_name("letter.png")
    letter.write_text("This is a letter.")
    refused(letter, "letter.png", "no pixels")
    stage.painted("drawn").save(filepath=str(path))
    assert bpy.ops.reverie.open_input(name="guide", filepath=str(path)) == {"FINISHED"}
    assert scene().guide.name == "leaf.png"
    group.guide = None


def detail_alone(source: bpy.types.Image, node: bpy.types.Node) -> None:
    group = scene()
    node.image, group.output = source, "detail"
    bpy.ops.ed.undo_push(message="Before")
    layer = dreamt()
    assert layer.name == "Bricks detail" and layer.is_float
    assert layer.colorspace_settings.name == "Linear Rec.709", "it would not add up in the compositor"
    assert node.image == source, "a layer took the picture's place"
    assert "Bricks detail" in stage.part("notices").current().message
    assert layer.reverie.original == source and bpy.ops.reverie.toggle_original.poll()
    assert stage.part("toggling").counterpart(source) != layer
    values = stage.pixels(layer)
    bpy.ops.ed.undo()
    assert "Bricks detail" not in bpy.data.images
    bpy.ops.ed.redo()
    assert np.array_equal(stage.pixels(bpy.data.images["Bricks detail"]), values)
    scene().output = "picture"


def detail_of_data() -> None:
    normals = stage.painted("Normals")
    normals.colorspace_settings.name = "Non-Color"
    dream = stage.part("dreams").start(normals, stage.settings(output="detail"))
    stage.finish(dream)
    layer = bpy.data.images["Normals detail"]
    assert layer.is_float and layer.colorspace_settings.name == "Non-Color"


def original_removed() -> None:
    result = bpy.data.images["Normals detail"]
    assert stage.part("toggling").counterpart(result).name == "Normals"
    bpy.data.images.remove(bpy.data.images["Normals"])
    assert stage.part("toggling").counterpart(result) is None
    try:
        stage.part("dreams").again(result)
        raise AssertionError("dreamt on an image that is gone")
    except stage.part("problems").Problem as problem:
        assert "is gone" in str(problem)


def layers_are_offered() -> None:
    group = scene()
    offer = stage.part("properties")._layers
    name = stage.part("connection").network(group.network)["layers"][0]
    for begun, ended in (("", ""), ("a[1, 2], 0.5*", ""), (f"{name}, -", ""), ("match(", ")")):
        assert f"{begun}{name}{ended}" in offer(group, bpy.context, begun + name[:2])
    *_, known = stage.part("connection").network(group.network)["class_names"]
    for begun in ("", "conv2, ", f"{name}, 2*", "-"):
        assert f"{begun}class({known})" in offer(group, bpy.context, begun + "cl")
        assert f"{begun}logit({known})" in offer(group, bpy.context, f"{begun}logit({known[:3]}")
    assert f"class({name})" not in offer(group, bpy.context, "class(")
    assert not offer(group, bpy.context, "a[1, 2")


def play() -> None:
    source = stage.painted("Bricks")
    source.use_fake_user = True
    node = stage.material(source)
    group = scene()
    group.octaves, group.iterations = 1, 2
    stored_and_used_again(node)
    without_pixels()
    detail_alone(source, node)
    detail_of_data()
    original_removed()
    layers_are_offered()


stage.run(play)
