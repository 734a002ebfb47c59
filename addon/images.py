"""Blender's images as pictures and back: the only file that touches pixels.

Blender holds the bottom row first. Byte images are in their own colour space with straight alpha; float images are
scene-linear with colour already multiplied by alpha, whatever their file was, unless they hold data. Pixels leave
and arrive as the float32 that `foreach_get` gives: casting 2048 x 2048 RGBA to bytes would take this thread 200 ms,
while the four times larger floats are with a server on this machine in 110 ms, 30 of them on this thread.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Image

from ..shared.picture import Picture, PictureInfo
from . import versions
from .problems import Problem

# The formats that the dream server reads, as files.
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "OPEN_EXR": ".exr", "OPEN_EXR_MULTILAYER": ".exr"}
_DREAM = re.compile(r" (dream|detail)(\.\d{3,})?$")


@dataclass(frozen=True, slots=True)
class Form:
    """What an image must be for pixels written to it to mean what they meant in the original."""

    is_float: bool
    colorspace: str
    alpha_mode: str

    @classmethod
    def of(cls, image: Image) -> Form:
        """The form a result needs to stand in for ``image``, also after it was packed and loaded again."""
        # Straight or premultiplied is a matter of files; in memory it follows from the kind, as said above.
        alpha = "STRAIGHT" if image.alpha_mode == "PREMUL" else image.alpha_mode
        if not image.is_float:
            return cls(False, image.colorspace_settings.name, alpha)
        return cls(True, "Non-Color" if image.colorspace_settings.is_data else "Linear Rec.709", alpha)

    @classmethod
    def of_layer(cls, picture: Picture) -> Form:
        """The form of an image for ``picture``, a layer of signed values to be added to another one."""
        return cls(True, "Linear Rec.709" if picture.info.colorspace.startswith("Linear") else "Non-Color", "STRAIGHT")


def by_uid(uid: int | None) -> Image | None:
    """The image with that ``session_uid``, or None where it is gone."""
    return next((image for image in bpy.data.images if image.session_uid == uid), None)


def check(image: Image) -> None:
    """Raise `Problem` where ``image`` has no pixels that can be dreamt on. May load its file."""
    name = f"“{image.name}”"
    if image.type == "RENDER_RESULT":
        raise Problem(f"{name} is not kept as an image.", "Dream on it with Render Properties > Reverie.")
    if image.type == "COMPOSITING":
        raise Problem(f"{name} is not kept as an image.", "Save it with Image > Save As and dream on the file.")
    if image.source == "TILED":
        raise Problem(f"{name} has UDIM tiles, which can't be dreamt on yet.", "Dream on each tile's file by itself.")
    if image.source in ("SEQUENCE", "MOVIE"):
        kind = "an image sequence" if image.source == "SEQUENCE" else "a movie"
        raise Problem(f"{name} is {kind}, which can't be dreamt on yet.", "Open one of its frames as a single image.")
    if image.size[0] and image.size[1] and image.channels:
        return
    if image.source == "FILE" and not image.packed_file and not _file_of(image).is_file():
        raise Problem(
            f"The file of {name} is missing: {image.filepath or 'it has no path'}.",
            "Find it with File > External Data > Find Missing Files.",
        )
    if image.type == "MULTILAYER":
        raise Problem(f"{name} has layers instead of pixels of its own.", "Save the layer you want as its own image.")
    raise Problem(f"{name} has no pixels.", "Check that its file opens in the Image Editor.")


def read(image: Image) -> Picture:
    """The pixels of ``image`` as they lie: float32, bottom row first, 1 to 4 channels. Raises `Problem`."""
    check(image)
    width, height = image.size
    info = PictureInfo(
        (height, width, image.channels),
        "f32",
        Form.of(image).colorspace,
        _alpha(image),
        "bottom-up",
    )
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    return Picture(info, pixels.reshape(info.shape))


def as_file(image: Image) -> Path:
    """A file that holds ``image`` as it is now: its own, else one written for as long as Blender runs.

    Raises `Problem`.
    """
    check(image)
    own = _file_of(image)
    if image.source == "FILE" and not image.packed_file and not image.is_dirty and own.is_file():
        return own
    suffix = _SUFFIXES.get(image.file_format)
    if suffix is None:
        raise Problem(f"“{image.name}” is of a format that the dream server doesn't read.", "Save it as PNG or EXR.")
    path = Path(bpy.app.tempdir, f"reverie {image.session_uid}{suffix}")
    image.save(filepath=str(path), save_copy=True)
    return path


def read_linear(image: Image) -> Picture:
    """The pixels of ``image`` as Blender adds them up in shaders and the compositor: sRGB becomes scene-linear.

    What is added to a picture must be the difference of such values. Raises `Problem`.
    """
    picture = read(image)
    if picture.info.colorspace != "sRGB":
        return picture
    colours = 3 if image.channels > 2 else 1
    bytes_ = np.rint(picture.pixels[..., :colours] * 255).astype(np.uint8)
    picture.pixels[..., :colours] = _LINEAR[bytes_]
    return Picture(dataclasses.replace(picture.info, colorspace="Linear Rec.709"), picture.pixels)


def new_result(source_name: str, form: Form, picture: Picture) -> Image:
    """An empty image for ``picture``, named after its source: “Bricks” gives “Bricks dream”, “Bricks dream.001”."""
    return _new(_named(source_name, " dream"), form, picture)


def new_layer(source_name: str, picture: Picture) -> Image:
    """An empty image for what a dream adds to a picture, signed floats: “Bricks” gives “Bricks detail”."""
    return _new(_named(source_name, " detail"), Form.of_layer(picture), picture)


def new_source(name: str, picture: Picture) -> Image:
    """An image that holds ``picture``, which is scene-linear, to be dreamt on."""
    image = _new(name, Form(True, picture.info.colorspace, "STRAIGHT"), picture)
    write(image, picture)
    return image


def new_preview(source_name: str, form: Form, picture: Picture) -> Image:
    """An empty image for a preview: “Bricks” gives “Bricks dreaming”."""
    return _new(_named(source_name, " dreaming"), form, picture)


def write(image: Image, picture: Picture) -> None:
    """Write a result (float32) or a preview (8-bit sRGB) into an image made here, resizing it where it does not fit.

    ``picture`` has the bottom row first. An image made in Blender always has four channels: grey is spread over
    three, and alpha is 1 where there was none.
    """
    height, width, _ = picture.info.shape
    if tuple(image.size) != (width, height):
        image.scale(width, height)
    image.pixels.foreach_set(_rgba(_floats(picture, image)).ravel())
    image.update()


def results() -> Iterator[Image]:
    """The finished dreams of this file, linked ones left out."""
    return (image for image in bpy.data.images if image.reverie.record and not image.library)


def is_unfinished(image: Image) -> bool:
    """Whether ``image`` was made for the previews of a dream and has not become its result."""
    return bool(image.reverie.original and not image.reverie.record and not image.library)


def is_source(image: Image) -> bool:
    """Whether ``image`` is the picture of a render, made to be dreamt on, and no dream."""
    return bool(image.reverie.rendered and not image.reverie.record and not image.library)


def after_load() -> None:
    """Another file was loaded, perhaps one that another Blender saved."""
    for image in bpy.data.images:
        if image.reverie.original and not image.library:
            versions.guard_pointers(image)


def pack(image: Image) -> None:
    """Keep the pixels of a result in the .blend file; does nothing where they are in a file already."""
    if image.source == "GENERATED" and not image.packed_file:
        image.pack()
        # Floats lie premultiplied in the packed EXR: read as straight they would be multiplied once more.
        if image.is_float and image.alpha_mode == "STRAIGHT" and not image.colorspace_settings.is_data:
            image.alpha_mode = "PREMUL"


def has_lost_pixels(image: Image) -> bool:
    """Whether a result is as empty as when it was made: undo and redo can leave it so."""
    return image.source == "GENERATED" and not image.packed_file and not image.is_dirty


def _new(name: str, form: Form, picture: Picture) -> Image:
    height, width, _ = picture.info.shape
    is_data = form.colorspace == "Non-Color"
    image = bpy.data.images.new(name, width, height, alpha=True, float_buffer=form.is_float, is_data=is_data)
    # Only what differs, and before any pixel is written: setting these clears a generated image, and Blender's undo
    # forgets the pixels of one that was ever cleared.
    if image.colorspace_settings.name != form.colorspace:
        image.colorspace_settings.name = form.colorspace
    if image.alpha_mode != form.alpha_mode:
        image.alpha_mode = form.alpha_mode
    versions.guard_pointers(image)
    return image


def _named(source_name: str, suffix: str) -> str:
    """``source_name`` without file extension or an older suffix, short enough for a suffix and a number."""
    base = _DREAM.sub("", source_name)
    stem, dot, extension = base.rpartition(".")
    if stem and f"{dot}{extension.lower()}" in bpy.path.extensions_image:
        base = stem
    room = versions.max_name_bytes() - len(f"{suffix}.001".encode())
    return base.encode()[:room].decode(errors="ignore") + suffix


def _file_of(image: Image) -> Path:
    return Path(bpy.path.abspath(image.filepath, library=image.library))


def _alpha(image: Image) -> str:
    if image.channels in (1, 3):
        return "none"
    premultiplied = image.is_float and not image.colorspace_settings.is_data
    return "premultiplied" if premultiplied and image.alpha_mode in ("STRAIGHT", "PREMUL") else "straight"


def _floats(picture: Picture, image: Image) -> np.ndarray:
    """The pixels as float32; those of a preview in the space ``image`` keeps its pixels in."""
    if picture.pixels.dtype != np.uint8:
        return np.asarray(picture.pixels, np.float32)
    linear = image.is_float and not image.colorspace_settings.is_data
    pixels = (_LINEAR if linear else _ENCODED)[picture.pixels]
    if picture.info.shape[2] in (2, 4):
        pixels[..., -1] = _ENCODED[picture.pixels[..., -1]]
    return pixels


def _rgba(pixels: np.ndarray) -> np.ndarray:
    """``pixels`` (height, width, 1 to 4 channels) as contiguous RGBA."""
    channels = pixels.shape[2]
    if channels == 4:
        return np.ascontiguousarray(pixels)
    rgba = np.ones((*pixels.shape[:2], 4), np.float32)
    rgba[..., :3] = pixels[..., : 3 if channels == 3 else 1]
    if channels == 2:
        rgba[..., 3] = pixels[..., 1]
    return rgba


# What a byte of a preview stands for: display-encoded, and scene-linear by the sRGB transfer function.
_ENCODED = np.arange(256, dtype=np.float32) / np.float32(255)
_LINEAR = np.where(_ENCODED <= 0.04045, _ENCODED / 12.92, ((_ENCODED + 0.055) / 1.055) ** 2.4).astype(np.float32)
