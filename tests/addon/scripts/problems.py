"""What can't be dreamt on is refused with a sentence and changes nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import stage


def refused(image: bpy.types.Image, *words: str) -> None:
    """Dreaming on ``image`` fails with a message holding ``words``."""
    problem = stage.part("problems").Problem
    try:
        stage.part("dreams").start(image, stage.settings())
    except problem as found:
        assert all(word in str(found) for word in words), str(found)
        assert found.hint, f"no way out is named: {found}"
        return
    raise AssertionError(f"{image.name} was not refused")


def of_source(source: str, path: str = "//nowhere.png") -> bpy.types.Image:
    image = bpy.data.images.new(source, 8, 8)
    image.source, image.filepath = source, path
    return image


def linked() -> bpy.types.Material:
    """A material that lies in another file, with its image “Tiles”."""
    path = str(Path(tempfile.mkdtemp(), "library.blend"))
    image = stage.painted("Tiles")
    image.pack()
    stage.material(image)
    material = bpy.context.object.active_material
    material.name = "Floor"
    bpy.data.libraries.write(path, {material}, fake_user=True)
    bpy.data.materials.remove(material)
    bpy.data.images.remove(image)
    with bpy.data.libraries.load(path, link=True) as (_, into):
        into.materials = ["Floor"]
    return into.materials[0]


def play() -> None:
    refused(of_source("FILE"), "FILE", "missing", "nowhere.png")
    refused(of_source("SEQUENCE"), "sequence")
    refused(of_source("MOVIE"), "movie")
    refused(bpy.data.images.new("tiles", 8, 8, tiled=True), "UDIM")
    render_result = bpy.data.images.get("Render Result")
    if render_result:
        refused(render_result, "Render Result")
    assert not [image for image in bpy.data.images if "dream" in image.name]

    # The operator reports the same sentence; without windows a report is an exception.
    stage.material(bpy.data.images["FILE"])
    try:
        bpy.ops.reverie.dream(wait=True)
        raise AssertionError("the operator took a missing file")
    except RuntimeError as error:
        assert "missing" in str(error)

    # A setting the server refuses: said in words, nothing changed.
    node = stage.material(stage.painted("Bricks"))
    dream = stage.part("dreams").start(node.image, stage.settings(network="no such network"), stage.place(node))
    stage.finish(dream)
    notice = stage.part("notices").current()
    assert notice.level == "ERROR" and "no such network" in f"{notice.message} {notice.hint}", notice
    assert node.image.name == "Bricks" and "Bricks dream" not in bpy.data.images

    # What is linked from another file can't be changed, but it can be dreamt on.
    floor = linked()
    node = next(node for node in floor.node_tree.nodes if node.type == "TEX_IMAGE")
    dream = stage.part("dreams").start(node.image, stage.settings(), stage.place(node))
    stage.finish(dream)
    result = bpy.data.images["Tiles dream"]
    assert result.library is None and result.reverie.original == node.image and node.image.name == "Tiles"
    assert "linked" in stage.part("notices").current().message

    # A remote server needs Blender's permission to go online.
    if not bpy.app.online_access:
        bpy.context.preferences.addons[stage.PACKAGE].preferences.address = "gpubox.invalid"
        refused(stage.painted("Remote"), "online access")


stage.run(play)
