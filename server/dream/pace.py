"""Pace: how long a dream will still take."""

from __future__ import annotations

import time

from .octaves import Size

# What a step costs however small the picture, in pixels' worth of work.
_OVERHEAD = 128 * 128
# How much the latest measurement weighs against those before: the first ones are slow, the octaves differ.
_FRESHNESS = 0.3


class Pace:
    """Estimates the seconds left from the work that is left and the speed of late.

    sizes: (height, width) of each octave; every one is dreamed on ``iterations`` times.
    """

    def __init__(self, sizes: list[Size], iterations: int) -> None:
        self._left = float(sum(height * width + _OVERHEAD for height, width in sizes) * iterations)
        self._seconds_per_work: float | None = None
        self._last = time.perf_counter()

    def advance(self, done: int, whole: int) -> None:
        """Note that ``done`` of the ``whole`` pixels of one step have just been worked on."""
        work = (whole + _OVERHEAD) * done / whole
        now = time.perf_counter()
        speed = (now - self._last) / work
        self._last = now
        known = self._seconds_per_work
        self._seconds_per_work = speed if known is None else known + _FRESHNESS * (speed - known)
        self._left = max(0.0, self._left - work)

    @property
    def seconds_left(self) -> float | None:
        """The estimate, None before any work was done."""
        return None if self._seconds_per_work is None else self._left * self._seconds_per_work
