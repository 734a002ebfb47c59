"""What has appeared in a frame, and where to dream for it."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from ..dream.blur import gaussian_blur, reach
from ..dream.wrap import OPEN

# Of a picture's shorter side: half the width from which on what appears in one frame is worth a dream of its own,
_NARROW = 1 / 36
# and how far a new dream reaches over into what is there already.
_SEAM = 1 / 144
# How much around what appears is dreamed along, at least, in pixels: what a network needs to see to make sense.
_CONTEXT = 48
# Dreaming in pieces that are this share of the whole together is not worth the seams.
_WHOLE = 0.6

# How far around a dream is compared with its neighbours, in pixels, and how much weaker or stronger it is made: much
# stronger, strip by strip, would run away.
_AROUND = 12.0
_GAIN = (0.5, 1.25)

Box = tuple[slice, slice]


def narrow(size: tuple[int, int]) -> int:
    """Half of the width, in pixels, up to which a dream is only continued over what appears."""
    return max(2, round(min(size) * _NARROW))


def appeared(missing: Tensor) -> Tensor:
    """Of the pixels that lack a dream (HxW bool), those to be dreamed at once.

    Along every edge that moves, a pixel or two appear in each frame. What is around is continued over them, and then
    dreamed on. Where more than a strip appears there is nothing to continue.
    """
    if not _core(missing, narrow((missing.shape[0], missing.shape[1]))).any():
        return torch.zeros_like(missing)
    return missing & _grown(_core(missing, 1), 1)


def softened(region: Tensor) -> Tensor:
    """HxW bool as a mask, 1x1xHxW, 0..1: 1 in the region, and falling to 0 around it."""
    radius = max(1, round(min(region.shape) * _SEAM))
    grown = _grown(region, radius).float()[None, None]
    soft = gaussian_blur(grown, [radius / 2], reach(radius / 2), OPEN).clamp(0, 1)
    soft = torch.where(_grown(region, 2 * radius), soft, 0.0)
    return torch.where(region, 1.0, soft)


def as_strong(fresh: Tensor, old: Tensor, mask: Tensor, held: Tensor) -> Tensor:
    """What a ``fresh`` detail is to be multiplied by, 1xHxW, to be as strong as the ``old`` one around it.

    fresh, old: 3xHxW; mask: HxW, where the fresh one is; held: HxW bool, where the old one is one.
    A step is as large on average whatever it is confined to. So a strip of sky would dream as strongly as a whole
    picture, most of which is no sky.
    """
    around = _strength(old, held & (mask == 0))
    gain = around / _strength(fresh, mask == 1).clamp_min(1e-6)
    gain = torch.where(around > 0, gain.clamp(*_GAIN), 1.0)
    return 1 + mask * (gain - 1)


def _strength(detail: Tensor, where: Tensor) -> Tensor:
    """The root mean square of what is ``where`` (HxW bool) around each place, 1xHxW; 0 where there is nothing near."""
    squares = torch.stack([detail.square().mean(0) * where, where.float()])[None]
    mean = gaussian_blur(squares, [_AROUND], reach(_AROUND), OPEN)[0]
    known = mean[1:] > 0.01
    return torch.where(known, (mean[:1] / mean[1:].clamp_min(0.01)).clamp_min(0).sqrt(), 0.0)


def boxes(mask: Tensor) -> list[Box]:
    """Pieces of the picture outside of which ``mask`` (1x1xHxW) is 0, each with what it needs around; rows, columns.

    The whole picture where the pieces would be no less work.
    """
    height, width = mask.shape[-2:]
    coarse = F.max_pool2d(mask, _CONTEXT, ceil_mode=True)[0, 0].cpu().numpy() > 0
    pieces = _apart([_with_context(found, (height, width)) for found in _found(coarse)])
    if sum(_area(piece) for piece in pieces) > _WHOLE * height * width:
        return [(slice(0, height), slice(0, width))]
    return pieces


def _found(coarse: np.ndarray) -> list[Box]:
    labels = np.zeros(coarse.shape, np.int32)
    ndimage.label(coarse, np.ones((3, 3)), labels)
    return [(rows, columns) for rows, columns in ndimage.find_objects(labels)]


def _with_context(cells: Box, size: tuple[int, int]) -> Box:
    rows, columns = (
        slice(max(0, (some.start - 1) * _CONTEXT), min(side, (some.stop + 1) * _CONTEXT))
        for some, side in zip(cells, size, strict=True)
    )
    return rows, columns


def _apart(pieces: list[Box]) -> list[Box]:
    """Pieces that overlap made one, until none do."""
    done: list[Box] = []
    for piece in pieces:
        while (other := next((known for known in done if _overlap(known, piece)), None)) is not None:
            done.remove(other)
            rows, columns = (
                slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(other, piece, strict=True)
            )
            piece = rows, columns
        done.append(piece)
    return done


def _overlap(one: Box, other: Box) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))


def _area(piece: Box) -> int:
    return (piece[0].stop - piece[0].start) * (piece[1].stop - piece[1].start)


def _core(region: Tensor, radius: int) -> Tensor:
    """What of it has ``radius`` pixels of it all around, or the end of the picture."""
    return ~_grown(~region, radius)


def _grown(region: Tensor, radius: int) -> Tensor:
    """HxW bool, by ``radius`` pixels all around."""
    side = 2 * radius + 1
    return F.max_pool2d(region.float()[None, None], side, stride=1, padding=radius)[0, 0] > 0
