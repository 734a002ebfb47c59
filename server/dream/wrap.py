"""Wrap: which axes of a picture close on themselves, as those of a texture that tiles do."""

from __future__ import annotations

from collections.abc import Iterator
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


def stretch(picture: Tensor, axis: int, start: int, stop: int, mirrors: bool = False) -> Tensor:
    """``picture[start:stop]`` along ``axis``, read round the edges as often as it takes, or back from them where these
    are mirrors; a view where it can be one.
    """
    pieces = (mirrored if mirrors else rolled)(start, stop, picture.shape[axis])
    parts = [piece.of(picture, axis) for piece in pieces]
    return parts[0] if len(parts) == 1 else torch.cat(parts, axis)


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of an axis: ``count`` pixels from ``start`` on, the other way round where ``backwards``."""

    start: int
    count: int
    backwards: bool = False

    def of(self, picture: Tensor, axis: int) -> Tensor:
        """These pixels of ``picture``: a view, but for those that run backwards."""
        part = picture.narrow(axis, self.start, self.count)
        return part.flip(axis) if self.backwards else part


def rolled(start: int, stop: int, length: int) -> Iterator[Piece]:
    """The range ``start:stop`` of an axis of ``length`` pixels that goes on round its ends."""
    while start < stop:
        begin = start % length
        count = min(stop - start, length - begin)
        yield Piece(begin, count)
        start += count


def mirrored(start: int, stop: int, length: int) -> Iterator[Piece]:
    """The range ``start:stop`` of an axis of ``length`` pixels with mirrors for ends; no pixel is doubled there."""
    round_trip = max(1, 2 * length - 2)
    while start < stop:
        begin = start % round_trip
        if begin < length:
            count = min(stop - start, length - begin)
            yield Piece(begin, count)
        else:
            count = min(stop - start, round_trip - begin)
            yield Piece(round_trip - begin - count + 1, count, backwards=True)
        start += count
