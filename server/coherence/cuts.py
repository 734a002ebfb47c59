"""Where one shot of a film ends and the next begins, told from the pictures alone.

So a sequence can be split at its cuts before any of it is dreamed, and a frame told to begin a shot while it is
dreamed: both come to the same answer.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...shared.picture import Picture, PictureInfo
from ..media.display import to_display

# Rows and columns of a signature.
_SIZE = (18, 32)
# A picture is looked at at no more than about this many rows and columns.
_LOOKED_AT = 256
# Levels of each colour that are told apart.
_LEVELS = 4
# A picture that varies less than this, by standard deviation, is blank.
_BLANK = 0.01
# How far the view may move from one frame to the next, in rows and columns of the signature.
_PAN = 4
# Below the first likeness of forms, a difference of colours above the second is a cut.
_CUTS = ((0.3, 0.12), (0.55, 0.3), (0.75, 0.6))


def signature(picture: Picture) -> np.ndarray:
    """What a picture looks like at a glance: 3x18x32 float32, display-encoded."""
    height, width, _ = picture.info.shape
    step_y, step_x = max(1, height // _LOOKED_AT), max(1, width // _LOOKED_AT)
    few = np.ascontiguousarray(picture.pixels[::step_y, ::step_x])
    info = picture.info
    small = PictureInfo(few.shape, info.dtype, info.colorspace, info.alpha, info.rows)
    seen = to_display(Picture(small, few)).tensor
    return F.interpolate(seen, _SIZE, mode="area")[0].numpy()


def is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether a new shot begins between two pictures, by their signatures.

    It does where neither forms nor colours are alike. A flash or a fade leaves the forms, a pan moves them, and what
    turns and flies about leaves the colours. What emerges from a blank picture is new.
    """
    blank = [bool(one.mean(0).std() < _BLANK) for one in (before, after)]
    if any(blank):
        return blank[0] and not blank[1]
    likeness, colours = _likeness(torch.from_numpy(before), torch.from_numpy(after)), _colours_apart(before, after)
    return any(likeness < below and colours > above for below, above in _CUTS)


def _likeness(one: Tensor, other: Tensor) -> float:
    """The best correlation of the two (3xhxw) over all small shifts of one of them; at most 1."""
    inner = one[:, _PAN:-_PAN, _PAN:-_PAN]
    windows = other.unfold(1, inner.shape[1], 1).unfold(2, inner.shape[2], 1)
    off = (windows - windows.mean((-2, -1), keepdim=True)).permute(1, 2, 0, 3, 4).flatten(2).flatten(0, 1)
    here = (inner - inner.mean((-2, -1), keepdim=True)).flatten()
    lengths = (torch.linalg.vector_norm(off, dim=1) * torch.linalg.vector_norm(here)).clamp_min(1e-6)
    return float((off @ here / lengths).max())


def _colours_apart(one: np.ndarray, other: np.ndarray) -> float:
    """By which share their colours differ, 0..1: the distance of their histograms."""
    histograms = [_histogram(picture) for picture in (one, other)]
    return float(np.abs(histograms[0] - histograms[1]).sum() / 2)


def _histogram(picture: np.ndarray) -> np.ndarray:
    """The shares of colours, each spread over the levels next to it, so that none jumps; of sum 1."""
    position = np.clip(picture.reshape(3, -1), 0, 1) * (_LEVELS - 1)
    low = np.minimum(position.astype(int), _LEVELS - 2)
    share = position - low
    histogram = np.zeros(_LEVELS**3)
    for corner in np.ndindex(2, 2, 2):
        side = np.array(corner)[:, None]
        weight = np.where(side == 1, share, 1 - share).prod(0)
        index = np.ravel_multi_index(tuple(low + side), (_LEVELS,) * 3)
        histogram += np.bincount(index, weight, _LEVELS**3)
    return histogram / position.shape[1]
