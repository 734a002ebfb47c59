"""Tiles: the gradient of a large picture, computed piece by piece in bounded memory.

Every tile is seen with some context around it, so that what lies across its border counts as it would in the
whole picture. The jitter has already rolled the picture when it is cut, so the borders fall elsewhere in every
step. Where a tile meets the picture's own border there is no context, and the network pads as it always does; along
an axis that wraps, what a tile sees goes on round the edge instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..networks.staged import StagedNetwork
from .memory import pixels_at_once
from .wrap import OPEN, Wrap, stretch

# How far a picture is rolled before it is cut, in pixels: (down, right).
Shift = tuple[int, int]

# How far a tile sees around itself, in pixels. Twice the network's halo is exact: a pixel's gradient comes from every
# activation within the halo of it, and each of those sees as far again. Where that would be much, a share of the halo
# does, because what lies farthest weighs least: measured, see docs/performance.md.
_EXACT_UP_TO = 128
_SHARE_OF_HALO = 4 / 3
_MOST_CONTEXT = 512


@dataclass(frozen=True, slots=True)
class Span:
    """One side of a tile: pixels ``start:stop`` are its own, ``outer_start:outer_stop`` are what it sees, which along
    an axis that wraps may begin below 0 and end beyond the last.
    """

    start: int
    stop: int
    outer_start: int
    outer_stop: int

    @property
    def kept(self) -> slice:
        """Its own pixels among those it sees."""
        return slice(self.start - self.outer_start, self.stop - self.outer_start)


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the rolled picture."""

    rows: Span
    columns: Span

    @property
    def pixels(self) -> int:
        """How many pixels are its own."""
        return (self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start)

    def see(self, picture: Tensor, shift: Shift = (0, 0)) -> Tensor:
        """What it sees of ``picture`` (NxCxHxW) rolled by ``shift``, without rolling it: a view where it can be."""
        for axis, span, by in zip((-2, -1), (self.rows, self.columns), shift, strict=True):
            picture = stretch(picture, axis, span.outer_start - by, span.outer_stop - by)
        return picture

    def own(self, seen: Tensor) -> Tensor:
        """Its own pixels of something of the size it sees, as a view."""
        return seen[..., self.rows.kept, self.columns.kept]

    def put(self, values: Tensor, target: Tensor, shift: Shift = (0, 0)) -> None:
        """Write ``values``, of its own pixels, to their places in ``target``, which is not rolled."""
        (down, right), (height, width) = shift, target.shape[-2:]
        for top, count, row in _pieces(self.rows.start - down, self.rows.stop - down, height):
            for left, length, column in _pieces(self.columns.start - right, self.columns.stop - right, width):
                place = target[..., top : top + count, left : left + length]
                place.copy_(values[..., row : row + count, column : column + length])


def _pieces(start: int, stop: int, length: int) -> Iterator[tuple[int, int, int]]:
    """The range ``start:stop`` taken round the edge: (where a piece begins, its length, its place in the range)."""
    done = 0
    while start + done < stop:
        begin = (start + done) % length
        count = min(stop - start - done, length - begin)
        yield begin, count, done
        done += count


@dataclass(frozen=True, slots=True)
class Tiling:
    """How pictures are cut, in pixels.

    side: how large a tile is at most, its context not counted.
    context: how far it sees around itself.
    stride: the network's step at its deepest layer. Tiles and what they see begin at multiples of it, so that
        the network's pooling falls on the same pixels as in the whole picture.
    at_once: a picture of no more pixels than this, with its context where it wraps, is not cut at all.
    wrap: along which axes what a tile sees goes on round the edge; there even a single tile has context.
    """

    side: int
    context: int
    stride: int
    at_once: int = 0
    wrap: Wrap = OPEN

    def cut(self, height: int, width: int) -> list[Tile]:
        """The tiles of a picture, as equal as can be; a single one when the picture is not larger than a tile."""
        seen = (height + 2 * self.context * self.wrap.y) * (width + 2 * self.context * self.wrap.x)
        side = max(height, width) if seen <= self.at_once else self.side
        columns = list(self._spans(width, side, self.wrap.x))
        return [Tile(row, column) for row in self._spans(height, side, self.wrap.y) for column in columns]

    def halved(self, height: int, width: int) -> Tiling:
        """Tiles of half the side that a picture of this size was cut to."""
        side = max(
            max(tile.rows.stop - tile.rows.start, tile.columns.stop - tile.columns.start)
            for tile in self.cut(height, width)
        )
        return replace(self, side=max(side // 2, 1), at_once=0)

    def _spans(self, length: int, side: int, wraps: bool) -> Iterator[Span]:
        count = -(-length // side)
        own = _round_up(-(-length // count), self.stride)
        context = _round_up(self.context, self.stride)
        for start in range(0, length, own):
            stop = min(start + own, length)
            outer = (start - context, stop + context)
            yield Span(start, stop, *(outer if wraps else (max(0, outer[0]), min(length, outer[1]))))


def tiling(
    network: StagedNetwork,
    layers: Sequence[str],
    device: torch.device,
    side: int = 0,
    wrap: Wrap = OPEN,
    budget: int = 0,
) -> Tiling:
    """How to cut pictures for these layers: into tiles of ``side`` pixels or, at 0, only if memory asks for it.

    budget: the bytes that a tile's activations may take; 0: what the device offers.
    """
    halo = max(network.halo(layer) for layer in layers)
    stride = max(network.stride(layer) for layer in layers)
    context = min(2 * halo, max(_EXACT_UP_TO, round(_SHARE_OF_HALO * halo)), _MOST_CONTEXT)
    if side:
        return Tiling(side, context, stride, wrap=wrap)
    at_once = pixels_at_once(network, layers, device, budget)
    # A tile smaller than its context would spend nearly all its work on its surroundings.
    return Tiling(max(math.isqrt(at_once) - 2 * context, context, 128), context, stride, at_once, wrap)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
