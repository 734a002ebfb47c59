"""The canvas: a picture made fit to dream on, and the way back."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .octaves import Size
from .wrap import OPEN, Wrap


class Canvas:
    """A picture (NxCxHxW float32, 0..1) whose every value is a number and whose sides a network can take.

    NaN becomes 0, infinities the nearer end of the range. A side under ``min_side`` is lengthened by repeating the
    border pixels, evenly on both ends, and the dream of what was added is thrown away again; not so along an axis
    that wraps, where a network sees on round the edge as far as it needs. A picture that is fit already is taken as
    it is, without a copy.
    """

    def __init__(self, picture: Tensor, min_side: int, wrap: Wrap = OPEN) -> None:
        self._original = picture
        self._broken = None if _all_finite(picture) else ~picture.isfinite()
        self._size = picture.shape[-2:]
        top, bottom = _margins(picture.shape[-2], 0 if wrap.y else min_side)
        left, right = _margins(picture.shape[-1], 0 if wrap.x else min_side)
        self._padding = (left, right, top, bottom)
        self.picture = self.fit(picture)

    @property
    def size(self) -> Size:
        """(height, width) of the canvas."""
        return self.picture.shape[-2], self.picture.shape[-1]

    def fit(self, picture: Tensor) -> Tensor:
        """Another picture of the original's size, made fit in the same way; itself where it is fit already."""
        if not _all_finite(picture):
            picture = picture.nan_to_num(nan=0.0, posinf=1.0, neginf=0.0)
        return F.pad(picture, self._padding, mode="replicate") if any(self._padding) else picture

    def visible(self, picture: Tensor) -> Tensor:
        """The part of a dreamed octave that shows the original, as a view.

        A padded canvas has no smaller octaves; of larger ones all is shown.
        """
        if not any(self._padding) or picture.shape[-2:] != self.picture.shape[-2:]:
            return picture
        left, _, top, _ = self._padding
        height, width = self._size
        return picture[..., top : top + height, left : left + width]

    def restore(self, dreamed: Tensor) -> Tensor:
        """The dream at the original's size, with the values that were no numbers back in their places."""
        shown = self.visible(dreamed)
        return shown if self._broken is None else torch.where(self._broken, self._original, shown)


def _margins(side: int, min_side: int) -> tuple[int, int]:
    missing = max(0, min_side - side)
    return missing // 2, missing - missing // 2


def _all_finite(picture: Tensor) -> bool:
    """Whether every value is finite; `Tensor.isfinite` would make a copy to tell."""
    least, most = torch.aminmax(picture)
    return bool(least.isfinite() & most.isfinite())
