"""With strength 0, every kind of image comes back as it went, also after the file was saved and loaded."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import numpy as np
import stage

FOLDER = Path(tempfile.mkdtemp())


def from_file(name: str, file_format: str, color_mode: str, depth: str, *, is_float: bool = False) -> bpy.types.Image:
    """An image loaded from a file of the given kind, drawn by Blender."""
    scene = bpy.data.scenes.new("files")
    output = scene.render.image_settings
    output.file_format, output.color_mode, output.color_depth = file_format, color_mode, depth
    drawn = stage.painted("drawn", 32, is_float=is_float, high=4.0 if is_float else 1.0)
    path = FOLDER / f"{name}.{'exr' if file_format == 'OPEN_EXR' else file_format.lower()}"
    drawn.save_render(str(path), scene=scene)
    bpy.data.images.remove(drawn)
    bpy.data.scenes.remove(scene)
    image = bpy.data.images.load(str(path))
    image.name = name
    return image


def packed() -> bpy.types.Image:
    image = stage.painted("packed")
    image.pack()
    return image


def non_color(name: str, *, is_float: bool) -> bpy.types.Image:
    image = bpy.data.images.new(name, 32, 32, alpha=True, float_buffer=is_float)
    image.colorspace_settings.name = "Non-Color"
    image.pixels.foreach_set(np.random.default_rng(3).random(32 * 32 * 4, np.float32))
    return image


def with_alpha(mode: str, *, is_float: bool) -> bpy.types.Image:
    image = stage.painted(f"alpha {mode} {is_float}", is_float=is_float)
    image.alpha_mode = mode
    return image


def kinds() -> list[bpy.types.Image]:
    generated = bpy.data.images.new("generated", 40, 24)
    generated.generated_type = "COLOR_GRID"
    return [
        generated,
        stage.painted("bytes"),
        stage.painted("float", is_float=True),
        stage.painted("beyond white, below black", is_float=True, low=-2.0, high=9.0),
        non_color("normals", is_float=False),
        non_color("heights", is_float=True),
        packed(),
        from_file("eight bit", "PNG", "RGB", "8"),
        from_file("sixteen bit", "PNG", "RGBA", "16"),
        from_file("grey", "PNG", "BW", "8"),
        from_file("grey floats", "OPEN_EXR", "BW", "32", is_float=True),
        from_file("hdr", "OPEN_EXR", "RGB", "32", is_float=True),
        *(
            with_alpha(mode, is_float=floats)
            for mode in ("STRAIGHT", "PREMUL", "CHANNEL_PACKED")
            for floats in (False, True)
        ),
        stage.painted("Sömething / *odd*? 日本語"),
        stage.painted("ö" * 200),
    ]


def rgba(image: bpy.types.Image) -> np.ndarray:
    """The pixels of ``image`` as four channels, as a result holds them."""
    values = stage.pixels(image).reshape(-1, image.channels)
    if image.channels == 4:
        return values
    spread = np.ones((len(values), 4), np.float32)
    spread[:, :3] = values[:, : 3 if image.channels == 3 else 1]
    return spread


def play() -> None:
    dreams = stage.part("dreams")
    before = {}
    for image in kinds():
        dream = dreams.start(image, stage.settings(strength=0.0))
        stage.finish(dream)
        result = stage.part("images").by_uid(dream.result)
        assert result, f"{image.name}: {stage.part('notices').current()}"
        assert result is not image and result.is_float == image.is_float
        assert np.array_equal(rgba(image), stage.pixels(result).reshape(-1, 4)), f"{image.name} was changed"
        assert result.reverie.original == image
        before[result.name] = stage.pixels(result)
    assert "bytes dream" in before and "Sömething / *odd*? 日本語 dream" in before
    assert any(name.startswith("öööö") and name.endswith("ö dream") for name in before)
    path = str(FOLDER / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    for name, values in before.items():
        image = bpy.data.images[name]
        assert image.packed_file, f"{name} was not packed"
        # A byte is the same byte; only its float may be rounded otherwise by another reader.
        close = 0.0 if image.is_float else 1e-6
        assert np.allclose(stage.pixels(image), values, rtol=0, atol=close), f"{name} was changed by saving"


stage.run(play)
