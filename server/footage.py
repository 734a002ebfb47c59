"""Short films of known motion to dream and to measure on: rendered by Cycles in headless Blender, every pass on.

``python -m reverie.server.footage FOLDER --scene columns`` renders one from the command line.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .blender_report import read_report
from .extension.tree import ROOT
from .service.local import end

SCENES = {
    "vase": "the camera walks around the demo's vase",
    "spinner": "a wheel with wings turns fast before a wall that stands still",
    "columns": "the camera flies through a colonnade",
}

_SCRIPT = ROOT / "addon" / "headless" / "render_film.py"
# How much of what Blender wrote is shown where it died without a word.
_LAST_LINES = 8


class FootageError(Exception):
    """One sentence on what happened, and in ``hint`` one on what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a film comes along: the frames that are done, and the seconds left where they are known."""

    title: str
    frames: int
    seconds_left: float | None


def render(
    scene: str, folder: Path, frames: int = 60, size: tuple[int, int] = (256, 144), samples: int = 8
) -> Iterator[Rendering]:
    """Render ``frames`` of one of `SCENES` as 0001.exr, 0002.exr, … and scene.blend into ``folder``.

    The motion of a frame is the same however many there are, in shares of the picture. size: width and height,
    pixels. samples: of Cycles, before its denoiser. Yields where it is; ends Blender with itself. Raises
    `FootageError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reverie-footage-", ignore_cleanup_errors=True) as profile:
        arguments = [str(folder.resolve()), scene, *map(str, (frames, *size, samples))]
        process = subprocess.Popen(
            [sys.executable, str(_SCRIPT), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "BLENDER_USER_RESOURCES": profile, "PYTHONUNBUFFERED": "1"},
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            yield from _follow(process)
        finally:
            end(process)


def _follow(process: subprocess.Popen[str]) -> Iterator[Rendering]:
    heard: deque[str] = deque(maxlen=_LAST_LINES)
    done = 0
    assert process.stdout
    for line in process.stdout:
        told = read_report(line)
        if "failure" in told:
            raise FootageError(told["failure"], "Make room or choose another folder; else please report it.")
        if "rendered" in told:
            done += 1
        elif "phase" in told:
            yield Rendering(told["phase"], done, told["seconds_left"])
        else:
            heard.append(line)
    if process.wait() != 0:
        raise FootageError(f"Blender ended with status {process.returncode}. Its last words:", "".join(heard))


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m reverie.server.footage", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scene", choices=SCENES, default="vase")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", default="256x144", help="width x height, in pixels")
    parser.add_argument("--samples", type=int, default=8)
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    for state in render(arguments.scene, arguments.folder, arguments.frames, (width, height), arguments.samples):
        print(f"\r{state.title}: {state.frames} of {arguments.frames}", end="", flush=True)
    print()


if __name__ == "__main__":
    _main()
