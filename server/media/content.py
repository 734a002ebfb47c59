"""What a picture's values mean: colours, other data, or directions."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import torch

from ...shared.declaration import SettingError
from ...shared.picture import Picture, PictureInfo
from .values import read_colours

# Pixels looked at to tell normal maps from other data.
_LOOKED_AT = 1 << 18
# Stored in bytes, filtered and compressed, the vectors of a normal map are this far from unit length at most,
_TOLERANCE = 0.1
# nearly all of them,
_SHARE = 0.95
# and lean about as much one way as the other. Greys can have unit length too, but they all lean alike.
_LEANING = 0.3


def content_of(picture: Picture, setting: str) -> str:
    """ "colour", "data" or "normal": what ``setting`` says or, for "auto", the picture.

    By itself only "Non-Color" is anything but colour, and a normal map is what nearly everywhere has unit length and
    points out of the surface. Raises `SettingError` where a normal map is asked for of a grey picture.
    """
    info = picture.info
    if setting == "normal" and info.shape[2] < 3:
        raise SettingError("content", "A grey picture is no normal map, which has three channels", "auto, colour, data")
    if setting != "auto":
        return setting
    if info.colorspace != "Non-Color":
        return "colour"
    return "normal" if info.shape[2] >= 3 and _are_normals(picture) else "data"


def understood(picture: Picture, setting: str) -> Picture:
    """A picture out of a file, which does not say whether it holds colours: "Non-Color" where ``setting`` says so."""
    if setting not in ("data", "normal"):
        return picture
    return Picture(dataclasses.replace(picture.info, colorspace="Non-Color"), picture.pixels)


def _are_normals(picture: Picture) -> bool:
    vectors = 2 * _sample(picture) - 1
    vectors = vectors[:, vectors.isfinite().all(0)]
    if vectors.shape[1] == 0:
        return False
    unit = (torch.linalg.vector_norm(vectors, dim=0) - 1).abs() < _TOLERANCE
    share = (unit & (vectors[2] > 0)).float().mean().item()
    return share >= _SHARE and vectors[:2].mean(1).abs().max().item() < _LEANING


def _sample(picture: Picture) -> torch.Tensor:
    """The colours of pixels spread over the picture, 3xN."""
    height, width = picture.info.shape[:2]
    step = max(1, math.isqrt(height * width // _LOOKED_AT))
    few = np.ascontiguousarray(picture.pixels[::step, ::step])
    info = PictureInfo(few.shape, picture.info.dtype, alpha=picture.info.alpha)
    colours, _ = read_colours(Picture(info, few), slice(0, few.shape[0]), torch.device("cpu"))
    return colours.flatten(1)
