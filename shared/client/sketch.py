"""A sketch of a dream: its coarsest octaves alone, on small copies of its pictures.

Over a slow line the whole picture takes long to get to the server, and nothing is seen before it is there. The first
octaves of a dream are dreamed on a small picture anyway: sent ahead by themselves, they show within seconds what the
dream will begin with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from ..picture import Picture, PictureInfo
from ..settings import DreamSettings

# The longer side of a sketch, in pixels, at most; as large as the previews of a dream.
SIDE = 512
# A line over which the picture takes so many seconds is worth one.
_WORTH = 3.0
# Bytes a second, of a slow line that has not been measured yet; and what packing leaves of a picture.
_SUPPOSED, _PACKED = 10e6, 0.5

Inputs = Mapping[str, Picture]


def is_worth(picture: Picture, size: int, rate: float | None) -> bool:
    """Whether to sketch first. size: bytes that travel, before they are packed. rate: bytes a second, if known."""
    height, width, _ = picture.info.shape
    return max(height, width) >= 2 * SIDE and _PACKED * size / (rate or _SUPPOSED) > _WORTH


def sketched(inputs: Inputs, settings: DreamSettings) -> tuple[dict[str, Picture], DreamSettings]:
    """What to ask for: as many of the coarsest octaves as fit into `SIDE`, the coarsest scaled down if none does."""
    side = max(inputs["picture"].info.shape[:2])
    sides = [side / settings.octave_scale**above for above in reversed(range(settings.octaves))]
    fitting = [each for each in sides if each <= SIDE] or [SIDE]
    small = {name: _reduced(each, fitting[-1] / max(each.info.shape[:2])) for name, each in inputs.items()}
    return small, settings.replace(octaves=len(fitting), octaves_beyond=0, output="picture")


def shown(picture: Picture) -> Picture:
    """A picture as a preview: u8, sRGB, RGB or straight RGBA."""
    info = picture.info
    values = picture.pixels.astype(np.float32)
    if info.dtype.startswith("u"):
        values /= np.iinfo(info.numpy_dtype).max
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        colours, alpha = (values, None) if info.alpha == "none" else (values[..., :-1], values[..., -1:])
        if info.alpha == "premultiplied" and alpha is not None:
            colours = np.where(alpha > 0, colours / alpha, colours)
        if info.colorspace.startswith("Linear"):
            colours = np.where(
                colours <= 0.0031308, 12.92 * colours, 1.055 * np.maximum(colours, 0.0031308) ** (1 / 2.4) - 0.055
            )
    if colours.shape[2] < 3:
        colours = np.repeat(colours[..., :1], 3, axis=2)
    whole = colours if alpha is None else np.concatenate([colours, alpha], axis=2)
    pixels = np.rint(np.nan_to_num(whole).clip(0.0, 1.0) * 255).astype(np.uint8)
    return Picture(PictureInfo(pixels.shape, "u8", "sRGB", "none" if alpha is None else "straight", info.rows), pixels)


def _reduced(picture: Picture, ratio: float) -> Picture:
    """The picture at ``ratio`` of its size, four of its pixels averaged for each: to look at all takes too long."""
    if ratio >= 1:
        return picture
    height, width = (max(1, round(side * ratio)) for side in picture.info.shape[:2])
    at = [
        [((np.arange(count) + part) * side / count).astype(int) for part in (0.25, 0.75)]
        for count, side in ((height, picture.info.shape[0]), (width, picture.info.shape[1]))
    ]
    mean = sum(picture.pixels[rows[:, None], columns].astype(np.float32) / 4 for rows in at[0] for columns in at[1])
    dtype = picture.info.numpy_dtype
    pixels = np.ascontiguousarray(np.rint(mean) if dtype.kind == "u" else mean).astype(dtype)
    return Picture(dataclasses.replace(picture.info, shape=pixels.shape), pixels)
