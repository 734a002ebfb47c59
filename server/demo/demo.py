"""The demo of a texture: a vase painted with a photograph, and with its dream."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from ..blender_report import read_report
from ..service.local import LocalServer, local_server
from .phases import Clock, Phase
from .processes import Child, DemoError, check_blender, headless_blender

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


def run_demo(folder: Path, quick: bool = False) -> Iterator[Phase]:
    """Dream a texture end to end and leave `FILES` in ``folder``; several events a second.

    ``quick`` makes everything small, for tests. Raises `DemoError`.
    """
    check_blender()
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    clock = Clock("Starting the server and Blender")
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


def _follow(blender: Child, server: LocalServer, clock: Clock) -> Iterator[Phase]:
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
