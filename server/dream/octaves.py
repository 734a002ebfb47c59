"""Octaves: the sizes a dream goes through, and how pictures pass from one size to the next.

Everything follows `scipy.ndimage.zoom(order=1)`, with which Google's notebook resizes: sizes rounded its way,
corners mapped to corners, bilinear, no antialiasing.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

Size = tuple[int, int]


def octave_sizes(size: Size, octaves: int, scale: float, min_side: int) -> list[Size]:
    """The (height, width) of each octave, smallest first; the last is ``size``.

    Each octave is the next one's size divided by ``scale`` and rounded. Those with a side under ``min_side``
    pixels are left out; ``size`` itself never is.
    """
    sizes = [size]
    while len(sizes) < octaves:
        height, width = (round(side * (1.0 / scale)) for side in sizes[-1])
        if min(height, width) < min_side:
            break
        sizes.append((height, width))
    return sizes[::-1]


def octave_bases(picture: Tensor, sizes: list[Size]) -> list[Tensor]:
    """The picture (1xCxHxW) at each of ``sizes``, smallest first, each made from the next larger one."""
    bases = [picture]
    for size in sizes[-2::-1]:
        bases.append(resize(bases[-1], size))
    return bases[::-1]


def resize(picture: Tensor, size: Size) -> Tensor:
    """``picture`` (NxCxHxW) at ``size``, bilinear from corner to corner; itself when the size is the same."""
    if tuple(picture.shape[-2:]) == size:
        return picture
    return F.interpolate(picture, size, mode="bilinear", align_corners=True)
