"""An animation is rendered and dreamed in one go, dreamed again from disk, broken off and gone on with."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import numpy as np
import stage

FRAMES = range(1, 4)


def scene() -> bpy.types.Scene:
    return bpy.context.scene


def prepare(folder: Path) -> None:
    """Three tiny frames of a cube that moves aside."""
    bpy.ops.wm.read_homefile(use_empty=False, use_factory_startup=True, app_template="")
    render = scene().render
    render.engine = "CYCLES"
    scene().cycles.samples, scene().cycles.use_denoising = 1, False
    render.resolution_x, render.resolution_y, render.resolution_percentage = 32, 24, 100
    scene().frame_start, scene().frame_end = FRAMES[0], FRAMES[-1]
    render.filepath = f"{folder}/shot_"
    cube = bpy.data.objects["Cube"]
    for frame, where in ((FRAMES[0], 0.0), (FRAMES[-1], 0.5)):
        cube.location.x = where
        cube.keyframe_insert("location", frame=frame)
    group = scene().reverie
    group.octaves, group.iterations, group.octave_scale = 1, 1, 1.5
    for frame, strength in ((FRAMES[0], 0.5), (FRAMES[-1], 1.0)):
        group.strength = strength
        group.keyframe_insert("strength", frame=frame)


def state() -> dict[str, object]:
    """Everything that a render may have changed."""
    owners = [scene().render, scene().render.image_settings, *scene().view_layers, scene().reverie_animation]
    return {
        f"{owner.bl_rna.identifier}.{each.identifier}": getattr(owner, each.identifier)
        for owner in owners
        for each in owner.bl_rna.properties
        if each.type in ("BOOLEAN", "INT", "ENUM", "STRING") and not getattr(each, "is_array", False)
    }


def pixels(path: Path) -> np.ndarray:
    image = bpy.data.images.load(str(path))
    values = stage.pixels(image)
    bpy.data.images.remove(image)
    return values


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def in_one_go(folder: Path) -> dict[str, bytes]:
    """Pictures as Blender shows them, dreamed by the motion it knows; nothing else stays, and nothing is changed."""
    before = state()
    assert bpy.ops.reverie.dream_animation(wait=True) == {"FINISHED"}
    assert state() == before, {name: value for name, value in state().items() if value != before[name]}
    assert names(folder / "shot dream") == [f"shot_{number:04}.png" for number in FRAMES]
    for number in FRAMES:
        render, dream = (pixels(folder / where / f"shot_{number:04}.png") for where in ("", "shot dream"))
        assert render.shape == dream.shape and not np.array_equal(render, dream), "the dream changed nothing"
    assert stage.part("notices").current().level == "INFO", stage.part("notices").current()
    return {path.name: path.read_bytes() for path in (folder / "shot dream").glob("*.png")}


def on_disk(folder: Path) -> None:
    """At strength 0 what comes back is what was rendered."""
    animation = scene().reverie_animation
    animation.source, animation.folder = "DISK", f"{folder}/again"
    scene().animation_data_clear()
    scene().reverie.strength = 0
    assert bpy.ops.reverie.dream_animation(wait=True) == {"FINISHED"}
    for number in FRAMES:
        name = f"shot_{number:04}.png"
        assert np.array_equal(pixels(folder / name), pixels(folder / "again" / name))
    done = stage.part("notices").current().message
    assert done.startswith("3 of 3"), done
    animation.first, animation.folder = f"{folder}/shot_0002.png", f"{folder}/third"
    assert bpy.ops.reverie.dream_animation(wait=True) == {"FINISHED"}
    assert names(folder / "third") == names(folder / "again")


def broken_off(folder: Path, whole: dict[str, bytes]) -> None:
    """Given up in the middle, it goes on where it ended, renders nothing twice, and ends with the same bytes."""
    dreaming = stage.part("animation.dreaming")
    rendered: list[int] = []

    def give_up(now: bpy.types.Scene, *_: object) -> None:
        rendered.append(now.frame_current)
        if now.frame_current == FRAMES[1]:
            dreaming.current().cancel()

    bpy.app.handlers.render_write.append(give_up)
    bpy.ops.reverie.dream_animation(wait=True)
    assert rendered == list(FRAMES) and dreaming.is_unfinished(scene())
    (folder / "shot_0003.png").unlink()
    before = state()
    assert bpy.ops.reverie.dream_animation(wait=True) == {"FINISHED"}
    bpy.app.handlers.render_write.remove(give_up)
    assert rendered == [*FRAMES, FRAMES[2]], f"rendered twice: {rendered}"
    assert state() == before
    assert not dreaming.is_unfinished(scene())
    assert {path.name: path.read_bytes() for path in (folder / "shot dream").glob("*.png")} == whole


def with_layers(folder: Path) -> None:
    """A multilayer EXR keeps what it has and gains the dream."""
    settings = scene().render.image_settings
    stage.part("versions").set_format(settings, "OPEN_EXR_MULTILAYER")
    scene().reverie_animation.detail_layer = True
    before = state()
    assert bpy.ops.reverie.dream_animation(wait=True) == {"FINISHED"}
    assert state() == before
    render, dream = (folder / where / "shot_0002.exr" for where in ("", "shot dream"))
    for layer in (b"Vector", b"Depth", b"CryptoObject00", b"Combined"):
        assert layer in render.read_bytes() and layer in dream.read_bytes(), layer
    assert b"Dream.Detail" in dream.read_bytes() and b"Dream" not in render.read_bytes()


def play() -> None:
    folder = Path(tempfile.mkdtemp())
    whole = {}
    for name, part in (("one go", in_one_go), ("broken", None), ("layers", with_layers)):
        here = folder / name
        here.mkdir()
        prepare(here)
        if part is in_one_go:
            whole = in_one_go(here)
            on_disk(here)
        elif part:
            part(here)
        else:
            broken_off(here, whole)


stage.run(play)
