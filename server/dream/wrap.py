"""Wrap: which axes of a picture close on themselves, as those of a texture that tiles do."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Wrap:
    """x: the left edge meets the right one. y: the top edge meets the bottom one."""

    x: bool = False
    y: bool = False

    @classmethod
    def of(cls, seamless: str) -> Wrap:
        """What the setting ``seamless`` ("none", "x", "y" or "xy") means."""
        return cls("x" in seamless, "y" in seamless)

    def along(self, axis: int) -> bool:
        """Whether axis -1 (x) or -2 (y) of a picture wraps."""
        return self.x if axis == -1 else self.y

    def pad(self, picture: Tensor, margin: int) -> Tensor:
        """``picture`` (NxCxHxW) lengthened by ``margin`` pixels on every side: round the edge where it wraps, with
        the border repeated where it does not.
        """
        for axis in (-2, -1):
            if self.along(axis):
                picture = stretch(picture, axis, -margin, picture.shape[axis] + margin)
            else:
                picture = F.pad(picture, (margin, margin, 0, 0) if axis == -1 else (0, 0, margin, margin), "replicate")
        return picture


# Nothing wraps: an ordinary picture.
OPEN = Wrap()


def stretch(picture: Tensor, axis: int, start: int, stop: int) -> Tensor:
    """``picture[start:stop]`` along ``axis``, read round the edges as often as it takes; a view where it can be one."""
    length = picture.shape[axis]
    pieces = []
    while start < stop:
        begin = start % length
        count = min(stop - start, length - begin)
        pieces.append(picture.narrow(axis, begin, count))
        start += count
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, axis)
