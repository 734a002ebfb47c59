"""The picture of a render as the renderer made it: scene-linear, before the compositor and the view transform.

The image "Render Result" has no pixels for Python, and what it saves as a picture is the compositor's result, with an
older dream in it perhaps. Its multilayer file holds the passes themselves, in windows and in background mode alike.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Image, ImageFormatSettings, Scene

from ...shared.picture import Picture, PictureInfo
from .. import preferences, versions
from ..problems import Problem
from . import exr


def render_result() -> Image | None:
    """Blender's image of the last render, if there was one."""
    return next((image for image in bpy.data.images if image.type == "RENDER_RESULT"), None)


def take(scene: Scene, layer: str) -> Picture:
    """What was last rendered of a view layer: RGBA float32, premultiplied, bottom row first. Raises `Problem`."""
    image = render_result()
    if image is None:
        raise _missing(scene)
    folder = bpy.utils.extension_path_user(preferences.PACKAGE, path="renders", create=True)
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as place:
        path = Path(place, "render.exr")
        try:
            with _as_passes(scene.render.image_settings):
                image.save_render(str(path), scene=scene)
            pixels = exr.read_pass(path, layer)
        except RuntimeError:  # Blender says in its own words that it has nothing to save.
            raise _missing(scene) from None
        except (OSError, ValueError) as error:
            raise Problem(
                f"The render of “{scene.name}” can't be read from {path.parent}: {error}.",
                "Make sure that there is space, and render again.",
            ) from None
    if pixels is None:
        raise Problem(
            f"The last render of “{scene.name}” has no picture of the view layer “{layer}”.",
            "Let it be rendered with its Combined pass, in one view, and render again.",
        )
    info = PictureInfo((*pixels.shape[:2], 4), "f32", "Linear Rec.709", "premultiplied", "bottom-up")
    return Picture(info, np.ascontiguousarray(pixels[::-1]))


def _missing(scene: Scene) -> Problem:
    return Problem(f"There is no render of “{scene.name}” to dream on.", "Render it with F12.")


@contextmanager
def _as_passes(settings: ImageFormatSettings) -> Iterator[None]:
    """Have renders saved with every pass and no compression; afterwards all is as it was."""
    names = [p.identifier for p in settings.bl_rna.properties if not p.is_readonly]
    before = {name: getattr(settings, name) for name in names}
    try:
        versions.set_format(settings, "OPEN_EXR_MULTILAYER")
        settings.color_depth, settings.exr_codec = "32", "NONE"
        yield
    finally:
        # In their own order, since each choice narrows those that come after it.
        for name in names:
            setattr(settings, name, before[name])
