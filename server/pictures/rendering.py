"""Headless Blender as a process that renders the motifs it is told to, one at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from pathlib import Path

from ..blender_report import read_report
from ..extension.tree import ROOT
from ..service.local import end
from .errors import PicturesError

SCRIPT = ROOT / "addon" / "headless" / "pictures" / "render.py"
# How much of what Blender wrote is shown where it died without a word.
_LAST_LINES = 8


class Blender:
    """A Blender without windows, started when it is first needed; a context that ends it."""

    def __init__(self, side: int, profile: Path) -> None:
        self._side, self._profile = side, profile
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Blender:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            end(self._process)

    def render(self, motif: str, seeds: list[int], path: Path) -> None:
        """Render the motif made by these seeds into ``path``, RGBA, square. Raises `PicturesError`."""
        process = self._running()
        assert process.stdin and process.stdout
        order = {"motif": motif, "seeds": seeds, "path": str(path.resolve())}
        try:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
        except OSError:
            pass  # it died before it could hear: its last words say why
        heard: deque[str] = deque(maxlen=_LAST_LINES)
        for line in process.stdout:
            told = read_report(line)
            if "made" in told:
                return
            if "failure" in told:
                raise PicturesError(
                    f"Blender could not render the motif {motif}: {told['failure']}",
                    f"Seeds {seeds}. Please report it; without this class it goes on: see --classes.",
                )
            heard.append(line)
        self._process = None
        raise PicturesError(f"Blender ended while it rendered the motif {motif}. Its last words:", "".join(heard))

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, str(SCRIPT), str(self._side)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "BLENDER_USER_RESOURCES": str(self._profile), "OMP_NUM_THREADS": "1"},
                text=True,
                encoding="utf-8",
                errors="replace",
                # Ctrl-C is for the program, which ends its Blenders itself.
                start_new_session=True,
            )
        return self._process
