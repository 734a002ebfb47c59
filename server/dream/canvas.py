"""The canvas: a picture made fit to dream on, and the way back."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .octaves import Size


class Canvas:
    """A picture (1x3xHxW float32, 0..1) whose every value is a number and whose sides a network can take.

    NaN becomes 0, infinities the nearer end of the range. A side under ``min_side`` is lengthened by repeating
    the border pixels, evenly on both ends; the dream of what was added is thrown away again.
    """

    def __init__(self, picture: Tensor, min_side: int) -> None:
        self._original = picture
        self._broken = ~picture.isfinite()
        self._size = picture.shape[-2:]
        top, bottom = _margins(picture.shape[-2], min_side)
        left, right = _margins(picture.shape[-1], min_side)
        self._padding = (left, right, top, bottom)
        self.picture = self.fit(picture)

    @property
    def size(self) -> Size:
        """(height, width) of the canvas."""
        return self.picture.shape[-2], self.picture.shape[-1]

    def fit(self, picture: Tensor) -> Tensor:
        """Another picture of the original's size, made fit in the same way; a copy."""
        numbers = picture.nan_to_num(nan=0.0, posinf=1.0, neginf=0.0)
        return F.pad(numbers, self._padding, mode="replicate") if any(self._padding) else numbers

    def visible(self, picture: Tensor) -> Tensor:
        """The part of a dreamed octave that shows the original, as a view. Only the full size is ever padded."""
        if not any(self._padding):
            return picture
        left, _, top, _ = self._padding
        height, width = self._size
        return picture[..., top : top + height, left : left + width]

    def restore(self, dreamed: Tensor) -> Tensor:
        """The dream at the original's size, with the values that were no numbers back in their places."""
        return torch.where(self._broken, self._original, self.visible(dreamed))


def _margins(side: int, min_side: int) -> tuple[int, int]:
    missing = max(0, min_side - side)
    return missing // 2, missing - missing // 2
