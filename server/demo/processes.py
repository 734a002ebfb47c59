"""Headless Blender as a process that tells how it goes on, and is ended with the demo, however that ends."""

from __future__ import annotations

import importlib.util
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..extension.tree import ROOT, copy_extension
from ..service.local import end


class DemoError(Exception):
    """One sentence on what happened, and in ``hint`` one on what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


def check_blender() -> None:
    """Raise `DemoError` where there is no Blender to run."""
    if importlib.util.find_spec("bpy") is None:
        raise DemoError(
            "Blender's Python module, bpy, is not installed here.",
            "Start the demo with “uv run reverie demo”, which brings it.",
        )


class Child:
    """A process whose lines can be waited for, one by one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def line(self, timeout: float) -> str | None:
        """The next line it wrote; None where none came in time. Raises `EOFError` after the last."""
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            return None
        if line is None:
            raise EOFError
        return line

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


@contextmanager
def headless_blender(scratch: Path, script: str, *arguments: str) -> Iterator[Child]:
    """A Blender without windows that runs ``addon/headless/<script>``, the add-on in its fresh profile."""
    profile = scratch / "profile"
    copy_extension(profile / "extensions" / "user_default" / "reverie")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "addon" / "headless" / script), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "BLENDER_USER_RESOURCES": str(profile), "PYTHONUNBUFFERED": "1"},
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        yield Child(process)
    finally:
        end(process)
