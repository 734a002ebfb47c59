"""Transforms: how a step looks at the picture, so that what it finds holds for more than this one view.

Every one is a linear map of the picture, and its exact adjoint brings the slope back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Generator, Tensor

from ....shared.settings import DreamSettings
from ..octaves import Size
from ..tiles import Shift, Tiling
from ..wrap import Wrap


def draw_shift(generator: Generator, jitter: int, size: Size, wrap: Wrap, cutting: Tiling | None = None) -> Shift:
    """How far to move (down, right) a picture of ``size``: whole numbers in −jitter..jitter.

    Along an axis that wraps, any shift at all, so that the seam is nowhere special; with a ``jitter`` of 0 none. Along
    one with mirrors for ends, as ``cutting`` says, at most its margin, so that all of the picture stays in sight.
    ``generator`` lives on the CPU, so every device draws the same. As in the notebook, x is drawn before y.
    """
    mirrors = cutting is not None and cutting.mirrors
    if jitter == 0 or not (wrap.x or wrap.y or mirrors):
        x, y = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
        return y, x
    x, y = (
        _draw(generator, *_range(jitter, side, wraps, cutting if mirrors else None))
        for side, wraps in ((size[1], wrap.x), (size[0], wrap.y))
    )
    return y, x


def _range(jitter: int, side: int, wraps: bool, mirrored: Tiling | None) -> tuple[int, int]:
    if wraps:
        return 0, side
    return (0, mirrored.margin(side) + 1) if mirrored else (-jitter, jitter + 1)


def _draw(generator: Generator, low: int, high: int) -> int:
    return int(torch.randint(low, high, (), generator=generator))


@dataclass(frozen=True, slots=True)
class Transform:
    """What a look does before the shift: mirror the picture, then turn and scale it about a point.

    The point is drawn anew each time, so that no part of the picture is left out more than another.
    scale: above 1 the picture looks larger. turn: radians, anticlockwise. down, right: the point, in pixels.
    """

    mirrored: bool = False
    scale: float = 1.0
    turn: float = 0.0
    down: float = 0.0
    right: float = 0.0

    @property
    def resamples(self) -> bool:
        """Whether pixels come to lie between pixels."""
        return self.scale != 1.0 or self.turn != 0.0


def draw_transform(generator: Generator, settings: DreamSettings, size: Size) -> Transform:
    """A transform by chance; nothing is drawn for what the settings leave out."""
    mirrored = settings.flips and bool(torch.rand((), generator=generator) < 0.5)
    if not (settings.random_scale or settings.random_turn):
        return Transform(mirrored)
    larger, turn, down, right = torch.rand(4, generator=generator, dtype=torch.float64).tolist()
    return Transform(
        mirrored,
        1 + settings.random_scale * (2 * larger - 1),
        math.radians(settings.random_turn) * (2 * turn - 1),
        down * (size[0] - 1),
        right * (size[1] - 1),
    )


class Lens:
    """The picture as one ``transform`` shows it: of the same ``size``, bilinear.

    What lies beyond the edges is the picture mirrored or, along an axis that wraps, gone on with; there ``shift`` says
    where in the round the look begins.
    """

    def __init__(self, transform: Transform, size: Size, wrap: Wrap, shift: Shift, device: torch.device) -> None:
        self._transform = transform
        self._size = size
        self._wrap = wrap
        self._shift = shift
        self._device = device

    def see(self, picture: Tensor) -> Tensor:
        """``picture`` (NxCxHxW) as it looks; itself where nothing is to be done."""
        if self._transform.mirrored:
            picture = picture.flip(-1)
        if not self._transform.resamples:
            return picture
        flat, seen = picture.flatten(-2), torch.zeros_like(picture)
        for index, weight in self._corners:
            seen += flat.index_select(-1, index.flatten()).view_as(picture).mul_(weight)
        return seen

    def back(self, slope: Tensor) -> Tensor:
        """The adjoint of `see`: the slope by what was seen (NxCxHxW) as the slope by the picture."""
        if self._transform.resamples:
            gathered = torch.zeros_like(slope).flatten(-2)
            for index, weight in self._corners:
                _add_at(gathered, index.flatten(), (slope * weight).flatten(-2))
            slope = gathered.view_as(slope)
        return slope.flip(-1) if self._transform.mirrored else slope

    @cached_property
    def _corners(self) -> list[tuple[Tensor, Tensor]]:
        """The four pixels round each place looked at, as places in the flattened picture, and their weights; HxW."""
        (top, bottom, down), (left, right, across) = (
            _between(position, length, self._wrap.along(axis))
            for position, length, axis in zip(self._positions(), self._size, (-2, -1), strict=True)
        )
        width = self._size[1]
        return [
            (row * width + column, row_weight * column_weight)
            for row, row_weight in ((top, 1 - down), (bottom, down))
            for column, column_weight in ((left, 1 - across), (right, across))
        ]

    def _positions(self) -> tuple[Tensor, Tensor]:
        """(rows, columns) of the picture that the pixels of the look show; they may lie outside it."""
        t = self._transform
        rows = torch.arange(self._size[0], dtype=torch.float32, device=self._device)[:, None] - t.down
        columns = torch.arange(self._size[1], dtype=torch.float32, device=self._device)[None] - t.right
        cosine, sine = math.cos(t.turn) / t.scale, math.sin(t.turn) / t.scale
        begin_down, begin_right = (
            by if self._wrap.along(axis) else 0 for by, axis in zip(self._shift, (-2, -1), strict=True)
        )
        return (
            cosine * rows + sine * columns + (t.down - begin_down),
            cosine * columns - sine * rows + (t.right - begin_right),
        )


def _between(position: Tensor, length: int, wraps: bool) -> tuple[Tensor, Tensor, Tensor]:
    """The pixel before each position, the one after, and how far from the one to the other it lies."""
    last = length - 1
    if wraps:
        position = position.remainder(length)
    elif last > 0:
        position = last - (position.remainder(2 * last) - last).abs_()
    else:
        position = torch.zeros_like(position)
    before = position.floor()
    beyond = position - before
    before = before.long()
    if wraps:
        return before % length, (before + 1) % length, beyond
    return before.clamp_(0, last), (before + 1).clamp_(0, last), beyond


def _add_at(target: Tensor, index: Tensor, values: Tensor) -> None:
    """``target``[..., index] += ``values``, in an order that is the same every time."""
    if target.device.type == "cpu":
        target.index_add_(-1, index, values)
        return
    # Graphics cards add with index_add in whatever order threads come by; index_put sorts first.
    for sample, value in zip(target.flatten(0, 1), values.flatten(0, 1), strict=True):
        sample.index_put_((index,), value, accumulate=True)
