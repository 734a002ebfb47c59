"""Tiles: the gradient of a large picture, computed piece by piece in bounded memory.

Every tile is seen with some context around it, so that what lies across its border counts as it would in the
whole picture. The jitter has already rolled the picture when it is cut, so the borders fall elsewhere in every
step. Where a tile meets the picture's own border there is no context, and the network pads as it always does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import EllipsisType

import torch

from ..networks.staged import StagedNetwork
from .memory import pixels_at_once

Index = tuple[EllipsisType, slice, slice]

# How far a tile sees around itself, in pixels. Twice the network's halo is exact: a pixel's gradient comes from every
# activation within the halo of it, and each of those sees as far again. Where that would be much, a share of the halo
# does, because what lies farthest weighs least: measured, see docs/performance.md.
_EXACT_UP_TO = 128
_SHARE_OF_HALO = 4 / 3
_MOST_CONTEXT = 512


@dataclass(frozen=True, slots=True)
class Span:
    """One side of a tile: pixels ``start:stop`` are its own, ``outer_start:outer_stop`` are what it sees."""

    start: int
    stop: int
    outer_start: int
    outer_stop: int

    @property
    def own(self) -> slice:
        """Its own pixels in the picture."""
        return slice(self.start, self.stop)

    @property
    def seen(self) -> slice:
        """The pixels it sees in the picture."""
        return slice(self.outer_start, self.outer_stop)

    @property
    def kept(self) -> slice:
        """Its own pixels among those it sees."""
        return slice(self.start - self.outer_start, self.stop - self.outer_start)


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the picture."""

    rows: Span
    columns: Span

    @property
    def pixels(self) -> int:
        """How many pixels are its own."""
        return (self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start)

    @property
    def own(self) -> Index:
        """Index of its own pixels in a picture (NxCxHxW)."""
        return ..., self.rows.own, self.columns.own

    @property
    def seen(self) -> Index:
        """Index of the pixels it sees in a picture."""
        return ..., self.rows.seen, self.columns.seen

    @property
    def kept(self) -> Index:
        """Index of its own pixels in a gradient of what it sees."""
        return ..., self.rows.kept, self.columns.kept


@dataclass(frozen=True, slots=True)
class Tiling:
    """How pictures are cut, in pixels.

    side: how large a tile is at most, its context not counted.
    context: how far it sees around itself.
    stride: the network's step at its deepest layer. Tiles and what they see begin at multiples of it, so that
        the network's pooling falls on the same pixels as in the whole picture.
    at_once: a picture of no more pixels than this is not cut at all.
    """

    side: int
    context: int
    stride: int
    at_once: int = 0

    def cut(self, height: int, width: int) -> list[Tile]:
        """The tiles of a picture, as equal as can be; a single one when the picture is not larger than a tile."""
        side = max(height, width) if height * width <= self.at_once else self.side
        return [Tile(rows, columns) for rows in self._spans(height, side) for columns in self._spans(width, side)]

    def _spans(self, length: int, side: int) -> Iterator[Span]:
        count = -(-length // side)
        own = _round_up(-(-length // count), self.stride)
        context = _round_up(self.context, self.stride)
        for start in range(0, length, own):
            stop = min(start + own, length)
            yield Span(start, stop, max(0, start - context), min(length, stop + context))


def tiling(network: StagedNetwork, layers: Sequence[str], device: torch.device, side: int = 0) -> Tiling:
    """How to cut pictures for these layers: into tiles of ``side`` pixels or, at 0, only if memory asks for it."""
    halo = max(network.halo(layer) for layer in layers)
    stride = max(network.stride(layer) for layer in layers)
    context = min(2 * halo, max(_EXACT_UP_TO, round(_SHARE_OF_HALO * halo)), _MOST_CONTEXT)
    if side:
        return Tiling(side, context, stride)
    at_once = pixels_at_once(network, layers, device)
    # A tile smaller than its context would spend nearly all its work on its surroundings.
    return Tiling(max(math.isqrt(at_once) - 2 * context, context, 128), context, stride, at_once)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
