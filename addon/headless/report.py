"""What a script inside Blender tells the program that started it: JSON objects, one a line, on standard output.

``{"phase": title, "seconds_left": 12.5 or null}`` while it works, ``{"failure": sentence}`` where it can't go on.
Blender writes lines of its own between them.
"""

from __future__ import annotations

import json
import re
import time

import bpy

# Seconds between two lines of one phase.
_PAUSE = 0.2


class Phase:
    """One step of the work, named for people."""

    def __init__(self, title: str, seconds_left: float | None = None) -> None:
        self._title = title
        self._told = 0.0
        self.seconds_left(seconds_left)

    def seconds_left(self, seconds: float | None) -> None:
        """Tell how long it will still take, as far as that is known."""
        now = time.monotonic()
        if now - self._told >= _PAUSE:
            self._told = now
            print(json.dumps({"phase": self._title, "seconds_left": seconds}), flush=True)


def failure(sentence: str) -> None:
    """Tell that the work can't go on, and why."""
    print(json.dumps({"failure": sentence}), flush=True)


class RenderWatch:
    """Tells from what Cycles says of its samples how long a render will still take, while entered as a context."""

    def __init__(self, phase: Phase) -> None:
        self._phase = phase
        self._began: float | None = None

    def __enter__(self) -> None:
        bpy.app.handlers.render_stats.append(self._hear)

    def __exit__(self, *_: object) -> None:
        bpy.app.handlers.render_stats.remove(self._hear)

    def _hear(self, statistics: str, *_: object) -> None:
        found = re.search(r"Sample (\d+)/(\d+)", statistics)
        if not found:
            return
        done, samples = int(found[1]), int(found[2])
        now = time.monotonic()
        if self._began is None:
            self._began = now
        if done:
            self._phase.seconds_left((now - self._began) / done * (samples - done))
