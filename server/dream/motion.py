"""Motion: how a film passes from one frame to the next.

The film of google/deepdream zooms by `scipy.ndimage.affine_transform(order=1)` before every dream. Here the zoom is
one affine map of many, and the interpolation is cubic: a film puts every frame through it again, which linear
interpolation answers with blur.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...shared.film import Motion
from .octaves import Size
from .wrap import Wrap

# Pixels worked on at once: what is needed besides the two pictures stays at some 100 MB, whatever their size.
_BLOCK = 1 << 20


def move(picture: Tensor, motion: Motion, wrap: Wrap) -> Tensor:
    """``picture`` (NxCxHxW) zoomed, turned and shifted, by one map; of the same size.

    Along an axis that wraps, and everywhere when the edge is "repeat", what comes into sight is the other side.
    The picture is turned and zoomed about the centre first and shifted then. A motion of nothing is exact.
    """
    height, width = picture.shape[-2:]
    repeats = motion.edge == "repeat"
    # Apple's graphics cards have no float64.
    device = torch.device("cpu") if picture.device.type == "mps" else picture.device
    blocks = []
    for block in torch.arange(height, dtype=torch.float64, device=device).split(max(1, _BLOCK // width)):
        y, x = _sources(block, (height, width), motion)
        rows = _taps(y, height, wrap.y or repeats)
        columns = _taps(x, width, wrap.x or repeats)
        blocks.append(_gather(picture, rows, columns))
    # A cubic may overshoot where light meets dark; what no pixel was before, none shall be.
    low, high = picture.amin((-2, -1), keepdim=True), picture.amax((-2, -1), keepdim=True)
    return torch.cat(blocks, -2).clamp_(low, high)


def _sources(rows: Tensor, size: Size, motion: Motion) -> tuple[Tensor, Tensor]:
    """Where the pixels of those rows come from: (y, x) float64, counted from the centre of the first pixel."""
    height, width = size
    centre = (motion.centre_y * height - 0.5, motion.centre_x * width - 0.5)
    columns = torch.arange(width, dtype=rows.dtype, device=rows.device)
    down = rows[:, None] - centre[0] - motion.shift_y * height
    right = columns[None, :] - centre[1] - motion.shift_x * width
    # With y downwards, a turn by +angle of the sources is one of the picture anticlockwise.
    scale, angle = 1 - motion.zoom, math.radians(motion.turn)
    along, across = scale * math.cos(angle), scale * math.sin(angle)
    return along * down + across * right + centre[0], along * right - across * down + centre[1]


def _taps(positions: Tensor, length: int, repeats: bool) -> list[tuple[Tensor, Tensor]]:
    """The four pixels that each position lies among along one axis, and their weights, by Catmull and Rom.

    Of the cubic kernels (Keys 1981) this one, a = −½, amplifies no frequency, so nothing builds up over a film.
    """
    first = positions.floor()
    t = (positions - first).float()
    weights = (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
    return [(_fold(first.long() + offset, length, repeats), weights[offset + 1]) for offset in (-1, 0, 1, 2)]


def _fold(index: Tensor, length: int, repeats: bool) -> Tensor:
    """Indices from anywhere into 0..length − 1: the picture repeated, or mirrored about its edges."""
    if repeats:
        return index % length
    index = index % (2 * length)
    return torch.minimum(index, 2 * length - 1 - index)


def _gather(picture: Tensor, rows: list[tuple[Tensor, Tensor]], columns: list[tuple[Tensor, Tensor]]) -> Tensor:
    width = picture.shape[-1]
    pixels = picture.flatten(-2)
    result = picture.new_zeros(*picture.shape[:-2], *torch.broadcast_shapes(rows[0][0].shape, columns[0][0].shape))
    for row, weight_y in rows:
        for column, weight_x in columns:
            weight = (weight_y * weight_x).to(picture)
            result += pixels[..., (row * width + column).to(picture.device)] * weight
    return result
