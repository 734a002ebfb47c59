"""A photograph for the texture: one of the panoramas Blender ships to light its viewports with."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np


def panoramas() -> Path:
    """The folder of Blender's HDR photographs, 1024 × 512 each."""
    return Path(bpy.utils.system_resource("DATAFILES", path="studiolights/world"))


def develop(panorama: Path, target: Path) -> None:
    """Tone-map a panorama to 8-bit sRGB and write it as PNG.

    Reinhard's curve with a white point, on luminance ("Photographic Tone Reproduction", 2002), set so that the
    median of the photograph comes out a little darker than middle grey.
    """
    source = bpy.data.images.load(str(panorama))
    width, height = source.size
    pixels = np.empty(width * height * 4, np.float32)
    source.pixels.foreach_get(pixels)
    bpy.data.images.remove(source)

    colour = pixels.reshape(height, width, 4)[..., :3]
    colour *= 0.22 / np.median(colour)
    luminance = colour @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    white = 4.0
    colour *= ((1 + luminance / white**2) / (1 + luminance))[..., None]
    encoded = np.where(colour <= 0.0031308, 12.92 * colour, 1.055 * np.maximum(colour, 0.0031308) ** (1 / 2.4) - 0.055)

    result = bpy.data.images.new(target.stem, width, height)
    pixels.reshape(height, width, 4)[..., :3] = np.clip(encoded, 0, 1)
    pixels[3::4] = 1.0
    result.pixels.foreach_set(pixels)
    result.file_format = "PNG"
    result.filepath_raw = str(target)
    result.save()
    bpy.data.images.remove(result)
