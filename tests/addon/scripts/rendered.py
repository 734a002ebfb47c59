"""Renders are dreamt on: after F12, again, in the compositor, in place of one another."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import numpy as np
import stage

SIZE = (48, 32)


def scene() -> bpy.types.Scene:
    """A scene of one cube that renders at once, with its passes and an HDR sky."""
    bpy.ops.wm.read_homefile()
    scene = bpy.context.scene
    if scene.render.engine != "CYCLES":
        scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 200.0
    scene.view_layers[0].use_pass_vector = scene.view_layers[0].use_pass_z = True
    if hasattr(scene.render, "compositor_device"):
        scene.render.compositor_device = "CPU"
    group = scene.reverie
    group.octaves, group.iterations = 1, 2
    return scene


def passes() -> tuple[np.ndarray, np.ndarray]:
    """The last render as the renderer made it and as it came from the compositor, both bottom row first."""
    taking, exr = stage.part("renders.taking"), stage.part("renders.exr")
    path = Path(tempfile.mkdtemp(), "render.exr")
    scene = bpy.context.scene
    with taking._as_passes(scene.render.image_settings):
        taking.render_result().save_render(str(path), scene=scene)
    raw, composite = (exr.read_pass(path, layer) for layer in ("ViewLayer", "Composite"))
    return raw[::-1], (raw if composite is None else composite)[::-1]


def dream_of(scene: bpy.types.Scene) -> np.ndarray:
    """Pump until the scene's render is dreamt; the pixels of the dream."""
    after = stage.part("renders.after_render")
    stage.pump_until(lambda: after.on(scene))
    stage.pump_until(lambda: not after.on(scene))
    image = after.shown(scene)
    assert image, stage.part("notices").current()
    return stage.pixels(image).reshape(image.size[1], image.size[0], 4)


def settings_of(scene: bpy.types.Scene) -> dict[str, object]:
    output = scene.render.image_settings
    return {p.identifier: getattr(output, p.identifier) for p in output.bl_rna.properties if not p.is_readonly}


def names(prefix: str) -> list[str]:
    return sorted(image.name for image in bpy.data.images if image.name.startswith(prefix))


def without_compositor() -> None:
    """The dream of the first render is an image, and the render is as it was."""
    here = scene()
    try:
        bpy.ops.reverie.dream_render()
        raise AssertionError("dreamt before anything was rendered")
    except RuntimeError as error:
        assert "render" in str(error).lower(), error
    here.render.image_settings.file_format = "JPEG"
    here.render.image_settings.quality = 71
    before = settings_of(here)
    bpy.ops.render.render()
    stage.part("pump").pump()
    assert stage.part("renders.after_render").on(here) is None, "dreamt without being asked to"
    assert bpy.ops.reverie.dream_render(wait=True) == {"FINISHED"}
    assert settings_of(here) == before, "the output settings were changed"
    assert names("Render") == ["Render Result", "Render dream"], names("Render")
    image = bpy.data.images["Render dream"]
    raw, _ = passes()
    dreamt = stage.pixels(image).reshape(raw.shape)
    assert image.is_float and raw[..., :3].max() > 5, "highlights were clipped"
    assert not np.allclose(dreamt, raw), "the dream changed nothing"
    assert image.reverie.record and image.use_fake_user


def in_the_compositor() -> None:
    """The node mixes: at strength 0 the render, at 1 the dream, both exactly; a new render waits for its own dream."""
    here = scene()
    here.reverie_render.dream_after_render = True
    assert bpy.ops.reverie.add_pass() == {"FINISHED"}
    node = stage.part("compositing.render_pass").find(here)
    assert node.mute
    bpy.ops.render.render()
    raw, composite = passes()
    assert np.array_equal(raw, composite), "there is no dream yet"
    dreamt = dream_of(here)
    assert not node.mute and not here.reverie.is_property_set("output")

    here.reverie_render.dream_after_render = False
    bpy.ops.render.render()
    raw, composite = passes()
    assert np.array_equal(composite[..., :3], dreamt[..., :3]), "strength 1 is not the dream"
    assert np.array_equal(composite[..., 3], raw[..., 3]), "alpha was changed"
    node.inputs["Strength"].default_value = 0.0
    bpy.ops.render.render()
    raw, composite = passes()
    assert np.array_equal(composite, raw), "strength 0 is not the render"
    node.inputs["Strength"].default_value = 0.5
    bpy.ops.render.render()
    raw, composite = passes()
    assert np.allclose(composite[..., :3], (raw + dreamt)[..., :3] / 2, rtol=1e-5, atol=1e-6)
    node.inputs["Strength"].default_value = 1.0

    # Dreaming anew is dreaming on the render, not on the dream in the compositor's result.
    assert bpy.ops.reverie.dream_render(wait=True) == {"FINISHED"}
    again = stage.pixels(bpy.data.images["Render dream"]).reshape(dreamt.shape)
    assert np.allclose(again, dreamt, atol=2e-2 * dreamt.max()), "the same render gave another dream"
    assert names("Render") == ["Render Result", "Render dream"], names("Render")


def detail() -> None:
    """At 0 the dream's fine structure is left out, at 1 all but that; here half a unit of grey is what is large."""
    here = scene()
    here.render.resolution_x = 256
    bpy.ops.reverie.add_pass()
    node = stage.part("compositing.render_pass").find(here)
    bpy.ops.render.render()
    raw, _ = passes()
    dream = bpy.data.images.new("Dream", 256, SIZE[1], alpha=True, float_buffer=True)
    checks = np.indices(raw.shape[:2]).sum(0)[..., None] % 2 * 2.0 - 1.0
    dream.pixels.foreach_set((raw + 0.5 + checks).astype(np.float32).ravel())
    stage.part("compositing.render_pass").show(here, dream)
    middle = (slice(12, -12), slice(24, -24), slice(0, 3))
    for share, mean, deviation in ((0.0, 0.5, 0.0), (1.0, 0.0, 1.0)):
        node.inputs["Detail"].default_value = share
        bpy.ops.render.render()
        raw, composite = passes()
        added = (composite - raw)[middle]
        assert abs(added.mean() - mean) < 0.05 and abs(added.std() - deviation) < 0.05, (added.mean(), added.std())


def replaced_and_given_up() -> None:
    """A second render replaces the first one's dream; an animation is not dreamt; cancelling leaves nothing."""
    here = scene()
    here.reverie_render.dream_after_render = True
    here.reverie.iterations = 200
    bpy.ops.reverie.add_pass()
    after, dreams = stage.part("renders.after_render"), stage.part("dreams")
    bpy.ops.render.render()
    stage.pump_until(lambda: after.on(here))
    first = after.on(here)
    here.reverie.iterations = 2
    bpy.ops.render.render()
    stage.pump_until(lambda: after.on(here) not in (None, first))
    assert first not in dreams.running and len(dreams.running) == 1
    dream_of(here)
    assert names("Render") == ["Render Result", "Render dream"], names("Render")

    here.frame_end = 2
    here.render.filepath = str(Path(tempfile.mkdtemp(), "frame"))
    bpy.ops.render.render(animation=True)
    stage.part("pump").pump()
    assert not dreams.running, "an animation was dreamt"
    assert not stage.part("compositing.render_pass").find(here).mute

    here.reverie.iterations = 200
    bpy.ops.render.render()
    stage.pump_until(lambda: after.on(here))
    after.cancel(here)
    assert after.on(here) is None and not dreams.running
    assert names("Render") == ["Render Result", "Render dream"], names("Render")
    here.reverie.iterations = 2


def parts_of_the_picture() -> None:
    """Percentage, region and cropping are those of the render; a layer that was not rendered is named."""
    here = scene()
    here.render.resolution_percentage = 50
    bpy.ops.render.render()
    bpy.ops.reverie.dream_render(wait=True)
    assert tuple(bpy.data.images["Render dream"].size) == (SIZE[0] // 2, SIZE[1] // 2)
    here.render.resolution_percentage = 100
    here.render.use_border = here.render.use_crop_to_border = True
    here.render.border_min_x, here.render.border_max_x = 0.25, 0.75
    here.render.border_min_y, here.render.border_max_y = 0.0, 0.5
    here.reverie_render.dream_after_render = True
    bpy.ops.reverie.add_pass()
    bpy.ops.render.render()
    dreamt = dream_of(here)
    here.reverie_render.dream_after_render = False
    bpy.ops.render.render()
    assert dreamt.shape == (SIZE[1] // 2, SIZE[0] // 2, 4)
    assert np.array_equal(passes()[1][..., :3], dreamt[..., :3])

    here.render.use_crop_to_border = False
    here.render.border_min_y, here.render.border_max_y = 0.25, 1.0
    bpy.ops.render.render()
    assert bpy.ops.reverie.dream_render(wait=True) == {"FINISHED"}
    bpy.ops.render.render()
    raw, composite = passes()
    image = bpy.data.images["Render dream"]
    dreamt = stage.pixels(image).reshape(raw.shape)
    assert np.array_equal(dreamt.any(-1), raw.any(-1)), "dreamt outside the region"
    assert np.array_equal(composite[..., :3], dreamt[..., :3]) and raw.any(-1).mean() < 0.5

    bpy.ops.reverie.remove_pass()
    here.view_layers[0].use_pass_combined = False
    here.view_layers.new("Other")
    bpy.ops.render.render()
    here.view_layers[0].name = "Renamed"
    try:
        bpy.ops.reverie.dream_render(wait=True)
        raise AssertionError("a layer that was not rendered was dreamt on")
    except RuntimeError as error:
        assert "Renamed" in str(error), error


def play() -> None:
    without_compositor()
    in_the_compositor()
    detail()
    replaced_and_given_up()
    parts_of_the_picture()


stage.run(play)
