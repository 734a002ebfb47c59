"""Tiles: the gradient of a large picture, computed piece by piece in bounded memory.

Every tile is seen with some context around it, so that what lies across its border counts as it would in the
whole picture. The jitter has already moved the picture when it is cut, so the borders fall elsewhere in every
step; what comes in from beyond an edge is the picture mirrored, or its far side. Where a tile meets the edge of what
is seen there is no context, and the network pads as it always does; along an axis that wraps, what a tile sees goes
on round the edge instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..networks.staged import StagedNetwork
from .memory import pixels_at_once
from .wrap import OPEN, Wrap, rolled, stretch

# How far a picture is moved before it is cut, in pixels: (down, right).
Shift = tuple[int, int]

# How far a tile sees around itself, in pixels. Twice the network's halo is exact: a pixel's gradient comes from every
# activation within the halo of it, and each of those sees as far again. Where that would be much, a share of the halo
# does, because what lies farthest weighs least: measured, see docs/performance.md.
_EXACT_UP_TO = 128
_SHARE_OF_HALO = 4 / 3
_MOST_CONTEXT = 512
# Half of a coarse unit, in pixels, which is as far as jitter must reach for no grid to show: a frame larger than the
# picture costs.
_MOST_MARGIN = 16


@dataclass(frozen=True, slots=True)
class Span:
    """One side of a tile: pixels ``start:stop`` are its own, ``outer_start:outer_stop`` are what it sees, which along
    an axis that wraps may begin below 0 and end beyond the last. mirrors: whether what lies beyond the picture's
    edges is the picture mirrored; else it is its far side.
    """

    start: int
    stop: int
    outer_start: int
    outer_stop: int
    mirrors: bool = False

    @property
    def kept(self) -> slice:
        """Its own pixels among those it sees."""
        return slice(self.start - self.outer_start, self.stop - self.outer_start)


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the moved picture."""

    rows: Span
    columns: Span

    @property
    def pixels(self) -> int:
        """How many pixels are its own."""
        return (self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start)

    def see(self, picture: Tensor, shift: Shift = (0, 0)) -> Tensor:
        """What it sees of ``picture`` (NxCxHxW) moved by ``shift``, without moving it: a view where it can be."""
        for axis, span, by in zip((-2, -1), (self.rows, self.columns), shift, strict=True):
            picture = stretch(picture, axis, span.outer_start - by, span.outer_stop - by, span.mirrors)
        return picture

    def own(self, seen: Tensor) -> Tensor:
        """Its own pixels of something of the size it sees, as a view."""
        return seen[..., self.rows.kept, self.columns.kept]

    def put(self, values: Tensor, target: Tensor, shift: Shift = (0, 0)) -> None:
        """Write ``values``, of its own pixels, to their places in ``target``, which is not moved. Those seen in a
        mirror have none.
        """
        for top, count, row in _places(self.rows, shift[0], target.shape[-2]):
            for left, length, column in _places(self.columns, shift[1], target.shape[-1]):
                place = target[..., top : top + count, left : left + length]
                place.copy_(values[..., row : row + count, column : column + length])


def _places(span: Span, by: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Where a span's own pixels lie in a picture that was moved ``by`` so many: (first, count, place in the span)."""
    start, stop = span.start - by, span.stop - by
    if span.mirrors:
        begin, end = max(start, 0), min(stop, length)
        if begin < end:
            yield begin, end - begin, begin - start
        return
    done = 0
    for piece in rolled(start, stop, length):
        yield piece.start, piece.count, done
        done += piece.count


@dataclass(frozen=True, slots=True)
class Tiling:
    """How pictures are cut, in pixels.

    side: how large a tile is at most, its context not counted.
    context: how far it sees around itself.
    stride: the network's step at its deepest layer. Tiles and what they see begin at multiples of it, so that
        the network's pooling falls on the same pixels as in the whole picture.
    at_once: a picture of no more pixels than this, with its context where it wraps, is not cut at all.
    wrap: along which axes what a tile sees goes on round the edge; there even a single tile has context.
    jitter: where above 0, the jitter moves a picture mirrored beyond its other edges, by at most so much, in a frame
        that is as much larger; else what is moved out at one edge comes in at the other.
    """

    side: int
    context: int
    stride: int
    at_once: int = 0
    wrap: Wrap = OPEN
    jitter: int = 0

    @property
    def mirrors(self) -> bool:
        """Whether the picture is seen mirrored beyond the edges that do not wrap."""
        return self.jitter > 0

    def margin(self, side: int) -> int:
        """How much larger than a ``side`` of the picture the frame is that it is moved in."""
        return min(self.jitter, _MOST_MARGIN, side // 4)

    def in_sight(self, height: int, width: int) -> tuple[int, int]:
        """The size of the frame that a picture is moved in: what is to be cut."""
        down, right = (
            0 if wraps else self.margin(side) for side, wraps in ((height, self.wrap.y), (width, self.wrap.x))
        )
        return height + down, width + right

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
            outer = outer if wraps else (max(0, outer[0]), min(length, outer[1]))
            yield Span(start, stop, *outer, mirrors=self.mirrors and not wraps)


def tiling(
    network: StagedNetwork,
    layers: Sequence[str],
    device: torch.device,
    side: int = 0,
    wrap: Wrap = OPEN,
    budget: int = 0,
    jitter: int = 0,
) -> Tiling:
    """How to cut pictures for these layers: into tiles of ``side`` pixels or, at 0, only if memory asks for it.

    budget: the bytes that a tile's activations may take; 0: what the device offers. jitter: as in `Tiling`.
    """
    halo = max(network.halo(layer) for layer in layers)
    stride = max(network.stride(layer) for layer in layers)
    context = min(2 * halo, max(_EXACT_UP_TO, round(_SHARE_OF_HALO * halo)), _MOST_CONTEXT)
    if side:
        return Tiling(side, context, stride, wrap=wrap, jitter=jitter)
    at_once = pixels_at_once(network, layers, device, budget)
    # A tile smaller than its context would spend nearly all its work on its surroundings.
    return Tiling(max(math.isqrt(at_once) - 2 * context, context, 128), context, stride, at_once, wrap, jitter)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
