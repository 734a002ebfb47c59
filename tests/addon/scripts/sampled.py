"""Settings in each frame, frames by their names, cuts, and what a render changes in a scene: without a server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import bpy
import stage


def scene() -> bpy.types.Scene:
    new = bpy.context.scene
    new.frame_start, new.frame_end = 1, 6
    return new


def as_blender_has_them(numbers: range) -> dict[int, Any]:
    """The settings of each frame, with the scene taken there."""
    found = {}
    for number in numbers:
        bpy.context.scene.frame_set(number)
        found[number] = stage.part("properties").read(bpy.context.scene.reverie)
    bpy.context.scene.frame_set(1)
    return found


def keyframes_are_read_off_their_curves() -> None:
    group, numbers = scene().reverie, range(8)
    sampled = stage.part("animation.sampling").sampled
    assert set(sampled(scene(), numbers).values()) == {stage.part("properties").read(group)}, "nothing is animated"
    keys = {"octaves": (1, 7), "strength": (0.0, 1.0), "smoothing": ("none", "gaussian"), "flips": (False, True)}
    for name, values in keys.items():
        for frame, value in zip((1, 6), values, strict=True):
            setattr(group, name, value)
            group.keyframe_insert(name, frame=frame)
    expected = as_blender_has_them(numbers)
    assert len({settings.octaves for settings in expected.values()}) > 3, "Blender animates nothing here"
    before = scene().frame_current
    found = sampled(scene(), numbers)
    assert found == expected, [(n, found[n], expected[n]) for n in numbers if found[n] != expected[n]]
    assert scene().frame_current == before


def drivers_take_the_scene_along() -> None:
    driver = scene().reverie.driver_add("iterations").driver
    driver.expression = "3 + frame"
    sampled = stage.part("animation.sampling").sampled
    scene().frame_set(4)
    found = sampled(scene(), range(1, 5))
    assert [found[number].iterations for number in range(1, 5)] == [4, 5, 6, 7]
    assert scene().frame_current == 4
    scene().reverie.driver_remove("iterations")
    scene().frame_set(1)


def frames_are_found_by_their_names() -> None:
    of_scene = stage.part("animation.files").of_scene
    for path in ("/tmp/reel/shot_", "/tmp/reel/take0###_v2", "/tmp/reel/", "/tmp/reel/a7"):
        scene().render.filepath = path
        frames = of_scene(scene())
        blender = {number: Path(scene().render.frame_path(frame=number)) for number in range(1, 7)}
        assert frames.paths == blender, path
        assert frames.pattern.name(12345) == Path(scene().render.frame_path(frame=12345)).name


def another_camera_is_a_cut() -> None:
    cuts = stage.part("animation.plans")._cuts
    cameras = [bpy.data.objects.new(name, bpy.data.cameras.new(name)) for name in ("Near", "Far")]
    assert cuts(scene(), range(1, 7)) == []
    for frame, camera in ((2, cameras[0]), (4, cameras[1]), (5, cameras[1]), (6, cameras[0])):
        scene().timeline_markers.new("cut", frame=frame).camera = camera
    assert cuts(scene(), range(1, 7)) == [4, 6]


def state() -> list[object]:
    layer = scene().view_layers[0]
    names = [name for name in dir(layer) if name.startswith(("use_pass", "pass_cryptomatte"))]
    return [
        [getattr(layer, name) for name in names],
        scene().render.use_motion_blur,
        scene().reverie_animation.changed,
    ]


def what_a_render_changes_is_put_back() -> None:
    demands = stage.part("animation.demands")
    animation = scene().reverie_animation
    animation.motion, animation.where = "vector", "material(Wall) & depth(0-5)"
    scene().render.use_motion_blur = True
    bpy.ops.ed.undo_push(message="Before")
    before = state()
    changes = demands.wanted(scene(), animation)
    demands.change(scene(), changes)
    layer = scene().view_layers[0]
    assert layer.use_pass_vector and layer.use_pass_z and layer.use_pass_cryptomatte_material
    assert not scene().render.use_motion_blur
    assert demands.wanted(scene(), animation) == {}
    bpy.ops.ed.undo_push(message="During")

    path = str(Path(tempfile.mkdtemp(), "scene.blend"))
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    with bpy.data.libraries.load(path) as (there, wanted):
        wanted.scenes = there.scenes
    assert not wanted.scenes[0].view_layers[0].use_pass_vector, "what a render needs was saved with the file"
    bpy.data.scenes.remove(wanted.scenes[0])

    demands.change(scene(), changes)
    bpy.ops.ed.undo_push(message="Crash")
    demands.restore(scene())
    assert state() == before
    bpy.ops.ed.undo_push(message="After")
    bpy.ops.ed.undo()
    assert state() == before, "an undo into the middle of a render kept what that had changed"


def play() -> None:
    keyframes_are_read_off_their_curves()
    drivers_take_the_scene_along()
    frames_are_found_by_their_names()
    another_camera_is_a_cut()
    what_a_render_changes_is_put_back()


stage.run(play)
