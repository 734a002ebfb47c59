"""The demo's story as seen from outside: which phase it is in, and for how long still."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..blender_report import read_report
from ..service.local import LocalServer, local_server
from .processes import Child, DemoError, headless_blender

FILES = {
    "before.png": "the vase, painted with a photograph",
    "after.png": "the same vase, painted with its dream",
    "texture.png": "the photograph",
    "dream.png": "its dream",
    "scene.blend": "all of it, to open in Blender",
}

# Seconds between two events while nothing is heard.
_TICK = 0.1
# How much of what Blender wrote is shown where it died without a word.
_LAST_LINES = 12


@dataclass(frozen=True, slots=True)
class Phase:
    """Where the demo is: ``seconds`` in this phase so far, ``seconds_left`` of it where that is known."""

    title: str
    seconds: float
    seconds_left: float | None
    over: bool = False


def run_demo(folder: Path, quick: bool = False) -> Iterator[Phase]:
    """Dream a texture end to end and leave `FILES` in ``folder``; several events a second.

    ``quick`` makes everything small, for tests. Raises `DemoError`.
    """
    if importlib.util.find_spec("bpy") is None:
        raise DemoError(
            "Blender's Python module, bpy, is not installed here.",
            "Start the demo with “uv run reverie demo”, which brings it.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    clock = _Clock("Starting the server and Blender")
    yield clock.now()
    with (
        tempfile.TemporaryDirectory(prefix="reverie-demo-", ignore_cleanup_errors=True) as name,
        local_server() as server,
        headless_blender(
            Path(name), "demo.py", str(server.address), str(folder.resolve()), *(["--quick"] if quick else [])
        ) as blender,
    ):
        yield from _follow(blender, server, clock)
    missing = [name for name in FILES if not (folder / name).exists()]
    if missing:
        raise DemoError(f"Blender ended without leaving {', '.join(missing)}.", "Please report this.")


class _Clock:
    """Times one phase after the other."""

    def __init__(self, title: str) -> None:
        self.begin(title)

    def begin(self, title: str) -> None:
        self.title = title
        self._began = time.monotonic()
        self._due: float | None = None

    def expect(self, seconds_left: float | None) -> None:
        if seconds_left is not None:
            self._due = time.monotonic() + seconds_left

    def now(self, over: bool = False) -> Phase:
        now = time.monotonic()
        left = None if self._due is None else max(self._due - now, 0.0)
        return Phase(self.title, now - self._began, left, over)


def _follow(blender: Child, server: LocalServer, clock: _Clock) -> Iterator[Phase]:
    """Turn what Blender's script tells into events, until it ends."""
    heard: deque[str] = deque(maxlen=_LAST_LINES)
    while True:
        if server.process.poll() is not None:
            raise DemoError("The dream server died in the middle of the demo.", "Run the demo again.")
        try:
            line = blender.line(timeout=_TICK)
        except EOFError:
            break
        told = read_report(line) if line else {}
        if "failure" in told:
            raise DemoError(told["failure"], "Run the demo again; if it happens once more, please report it.")
        if "phase" in told:
            if told["phase"] != clock.title:
                yield clock.now(over=True)
                clock.begin(told["phase"])
            clock.expect(told["seconds_left"])
        elif line:
            heard.append(line)
        yield clock.now()
    if blender.process.wait() != 0:
        raise DemoError(f"Blender ended with status {blender.process.returncode}. Its last words:", "\n".join(heard))
    yield clock.now(over=True)
