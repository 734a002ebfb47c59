"""A demo's story as seen from outside: which phase it is in, and for how long still."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phase:
    """Where the demo is: ``seconds`` in this phase so far, ``seconds_left`` of it where that is known."""

    title: str
    seconds: float
    seconds_left: float | None
    over: bool = False


class Clock:
    """Times one phase after the other."""

    def __init__(self, title: str) -> None:
        self.begin(title)

    def begin(self, title: str) -> None:
        """Another phase begins."""
        self.title = title
        self._began = time.monotonic()
        self._due: float | None = None

    def expect(self, seconds_left: float | None) -> None:
        """The phase is said to take so much longer; None: nothing new is known."""
        if seconds_left is not None:
            self._due = time.monotonic() + seconds_left

    def now(self, over: bool = False) -> Phase:
        """The phase as it stands."""
        now = time.monotonic()
        left = None if self._due is None else max(self._due - now, 0.0)
        return Phase(self.title, now - self._began, left, over)
