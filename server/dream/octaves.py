"""Octaves: the sizes a dream goes through, and how pictures pass from one size to the next.

Everything follows `scipy.ndimage.zoom(order=1)`, with which Google's notebook resizes: sizes rounded its way,
corners mapped to corners, bilinear, no antialiasing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..space import room
from .wrap import OPEN, Wrap

Size = tuple[int, int]

# No octave beyond the picture's own size has more pixels than this.
_MOST_PIXELS = 16384**2
# Resizing goes by pieces of this many numbers, so that a large picture needs no further one of its size.
_AT_ONCE = 2**22


def octave_sizes(size: Size, octaves: int, scale: float, min_side: int, beyond: int = 0) -> list[Size]:
    """The (height, width) of each octave, smallest first: ``octaves`` that end with ``size``, and ``beyond`` larger.

    Each octave is the next one's size divided by ``scale`` and rounded, each beyond the one before times ``scale``.
    Those with a side under ``min_side`` pixels are left out, and those beyond that have more than 16384² of them;
    ``size`` itself never is.
    """
    sizes = [size]
    while len(sizes) < octaves:
        height, width = (round(side * (1.0 / scale)) for side in sizes[-1])
        if min(height, width) < min_side:
            break
        sizes.append((height, width))
    sizes.reverse()
    for _ in range(beyond):
        height, width = (round(side * scale) for side in sizes[-1])
        if height * width > _MOST_PIXELS:
            break
        sizes.append((height, width))
    return sizes


def octave_bases(
    picture: Tensor, sizes: list[Size], wrap: Wrap = OPEN, sharp: bool = True, memory: float = 0.0
) -> list[Tensor]:
    """The picture (NxCxHxW) at each of ``sizes``, smallest first, its own among them.

    The smaller ones are each made from the next larger one; those beyond its own size, from the picture. Not
    ``sharp``, all are made from the next smaller one: a dream carried from octave to octave on these is the dream
    that is scaled up whole, picture and all, for scaling is linear.
    """
    own = sizes.index((picture.shape[-2], picture.shape[-1]))
    bases = [picture]
    for size in reversed(sizes[:own]):
        bases.append(resize(bases[-1], size, wrap, memory))
    bases.reverse()
    if sharp:
        return bases + [resize(picture, size, wrap, memory) for size in sizes[own + 1 :]]
    del bases[1:]
    for size in sizes[1:]:
        bases.append(resize(bases[-1], size, wrap, memory))
    return bases


def resize(picture: Tensor, size: Size, wrap: Wrap = OPEN, memory: float = 0.0) -> Tensor:
    """``picture`` (NxCxHxW) at ``size``, bilinear; itself when the size is the same.

    From corner to corner, but round the edge along an axis that wraps: there all distances, the one across the edge
    too, grow alike, and pixel 0 stays where it is but for `_offset`.

    Torch's own `interpolate` reckons positions in float32, which misplaces the far end of a few hundred pixels
    by 1e-5: enough to send an ascent another way. Here they are reckoned in float64, whatever the picture's type.

    memory: as `room` takes it, for a float32 picture.
    """
    for axis, side in zip((-2, -1), size, strict=True):
        if picture.shape[axis] != side:
            picture = _resize_axis(picture, axis, side, wrap.along(axis), memory)
    return picture


def _resize_axis(picture: Tensor, axis: int, side: int, wraps: bool, memory: float) -> Tensor:
    length = picture.shape[axis]
    positions = _round_positions(length, side) if wraps else _positions(length, side)
    before = positions.long().clamp_(max=length - 1)
    after = (before + 1) % length if wraps else (before + 1).clamp_(max=length - 1)
    weight = (positions - before).to(picture.dtype).to(picture.device).view((-1, 1) if axis == -2 else (-1,))
    before, after = before.to(picture.device), after.to(picture.device)
    shape = list(picture.shape)
    shape[axis] = side
    is_float = picture.dtype == torch.float32
    resized = room(shape, picture.device, memory) if is_float else picture.new_empty(shape)
    at_once = max(1, _AT_ONCE * side // resized.numel())
    for start in range(0, side, at_once):
        some = slice(start, start + at_once)
        part = picture.index_select(axis, before[some])
        part.lerp_(picture.index_select(axis, after[some]), weight[some])
        resized.narrow(axis, start, part.shape[axis]).copy_(part)
    return resized


def _positions(length: int, side: int) -> Tensor:
    """Where ``side`` pixels lie among ``length``, in these pixels, float64, corner to corner."""
    return torch.arange(side, dtype=torch.float64) * ((length - 1) / max(side - 1, 1))


def _round_positions(length: int, side: int) -> Tensor:
    """The same round the edge; reducing and enlarging undo one another."""
    places = torch.arange(side, dtype=torch.float64)
    if side < length:
        return (places - _offset(side / length)).mul_(length / side).remainder_(length)
    return places.mul_(length / side).add_(_offset(length / side))


def _offset(spacing: float) -> float:
    """How far pixel 0 of an enlarged picture lies after that of the small one, in pixels of the small one.

    A bilinear picture is roughest between two of its knots and softest at them. Were pixel 0 on a knot, as corners
    would have it, the edge would always be among the roughest lines, a seam of a few per cent of gradient energy.
    With ``spacing`` s between the enlarged pixels and a knot at a before pixel 0, the difference across the edge is
    a·Δ₁ + (s − a)·Δ₂; this a makes a² + (s − a)² what it is on average over all lines, s² − s³/3.
    """
    return (spacing - math.sqrt(spacing**2 - 2 * spacing**3 / 3)) / 2
