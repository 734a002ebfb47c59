"""Where the pixels of a picture lie: rectangles, and arrays laid from one into another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels, y down; right and bottom lie just outside."""

    left: int
    top: int
    right: int
    bottom: int

    def __or__(self, other: Window) -> Window:
        """The smallest that holds both."""
        return Window(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def __and__(self, other: Window) -> Window:
        """What both hold; its sides are out of order where that is nothing."""
        return Window(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left

    def place(self, values: np.ndarray, window: Window, outside: float) -> np.ndarray:
        """HxWxC values of ``window`` on this one; ``outside`` stands where it has none."""
        if window == self:
            return values
        placed = np.full((*self.shape, values.shape[2]), outside, values.dtype)
        shared = self & window
        if min(shared.shape) > 0:
            placed[self._slices(shared)] = values[window._slices(shared)]
        return placed

    def cut(self, values: np.ndarray, window: Window) -> np.ndarray:
        """What of values on this window lies in ``window``, which is within it."""
        return values[self._slices(window)]

    def _slices(self, window: Window) -> tuple[slice, slice]:
        return (
            slice(window.top - self.top, window.bottom - self.top),
            slice(window.left - self.left, window.right - self.left),
        )
