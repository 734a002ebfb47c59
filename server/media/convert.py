"""From one form of picture to another: numbers, colour curve, alpha, row order."""

from __future__ import annotations

import numpy as np
import torch

from ...shared.picture import Picture, PictureInfo
from .encoding import to_linear, to_srgb

# Rows converted at once hold about this many values.
_BLOCK = 1 << 22


def convert(picture: Picture, info: PictureInfo) -> Picture:
    """``picture`` in the form ``info``; the same object where that is its form.

    The sizes must agree, and so must the channels but for an alpha that is dropped. Scene-linear to
    display-encoded and back is the sRGB curve, values above 1 and below 0 included.
    """
    source = picture.info
    if source == info:
        return picture
    pixels = picture.pixels if source.rows == info.rows else picture.pixels[::-1]
    result = np.empty(info.shape, info.numpy_dtype)
    height, width, channels = source.shape
    step = max(1, _BLOCK // (width * channels))
    for top in range(0, height, step):
        rows = slice(top, top + step)
        result[rows] = _quantised(_converted(_floats(pixels[rows]), source, info), info)
    return Picture(info, result)


def _floats(pixels: np.ndarray) -> np.ndarray:
    values = pixels.astype(np.float32)
    return values / np.float32(np.iinfo(pixels.dtype).max) if pixels.dtype.kind == "u" else values


def _quantised(values: np.ndarray, info: PictureInfo) -> np.ndarray:
    if info.dtype.startswith("u"):
        limit = np.iinfo(info.numpy_dtype).max
        return (np.nan_to_num(values, posinf=1.0, neginf=0.0).clip(0.0, 1.0) * limit).round().astype(info.numpy_dtype)
    limit = np.finfo(info.numpy_dtype).max
    # Numbers too large for half floats become the largest; infinity stays what it is.
    return np.where(np.isinf(values), values, values.clip(-limit, limit)).astype(info.numpy_dtype)


def _converted(values: np.ndarray, source: PictureInfo, info: PictureInfo) -> np.ndarray:
    colours = 1 if source.shape[2] < 3 else 3
    colour, alpha = values[..., :colours], values[..., colours:]
    recode = _is_linear(source) != _is_linear(info)
    # The curve is for a colour undivided by its alpha; where alpha is dropped, what it has multiplied lies over black.
    undo = source.alpha == "premultiplied" and info.alpha != "none" and (recode or info.alpha == "straight")
    redo = info.alpha == "premultiplied" and (recode or source.alpha == "straight")
    if undo:
        colour = np.divide(colour, alpha, out=colour.copy(), where=alpha > 0)
    if recode:
        colour = (to_linear if _is_linear(info) else to_srgb)(torch.from_numpy(np.ascontiguousarray(colour))).numpy()
    if redo:
        # A glow, colour where alpha is 0, was not divided and is not multiplied.
        colour = np.where(alpha > 0, colour * alpha, colour if undo else 0.0)
    return np.concatenate([colour, alpha], axis=2)[..., : info.shape[2]]


def _is_linear(info: PictureInfo) -> bool:
    return info.colorspace.startswith("Linear")
