"""The two processes of the demo: each is ended with it, however it ends."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..extension.tree import ROOT, copy_extension

# Seconds a process may take to end before it is killed.
_PATIENCE = 5.0


class DemoError(Exception):
    """One sentence on what happened, and in ``hint`` one on what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


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
def dream_server(scratch: Path) -> Iterator[tuple[Child, str]]:
    """A dream server on a free port of this machine, and its address. Raises `DemoError`."""
    log = scratch / "server.log"
    command = ("-m", "reverie", "serve", "--listen", "tcp://127.0.0.1:0", "--json-ready", "--spool", scratch / "spool")
    with log.open("wb") as errors, _running([sys.executable, *map(str, command)], errors) as child:
        try:
            while (ready := child.line(timeout=60)) is None:
                raise DemoError("The dream server did not start within a minute.", "Try “reverie serve” by itself.")
            yield child, json.loads(ready)["address"]
        except EOFError:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise DemoError("The dream server ended at once.", " ".join(last)) from None


@contextmanager
def headless_blender(scratch: Path, script: str, *arguments: str) -> Iterator[Child]:
    """A Blender without windows that runs ``addon/headless/<script>``, the add-on in its fresh profile."""
    profile = scratch / "profile"
    copy_extension(profile / "extensions" / "user_default" / "reverie")
    # Blender leaves its temporary files behind where a process ends at once; here they go with the rest.
    environment = {"BLENDER_USER_RESOURCES": str(profile), "TMPDIR": str(scratch), "TEMP": str(scratch)}
    command = [sys.executable, str(ROOT / "addon" / "headless" / script), *arguments]
    with _running(command, subprocess.STDOUT, environment) as child:
        yield child


@contextmanager
def _running(command: list[str], errors: object, environment: dict[str, str] | None = None) -> Iterator[Child]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,  # type: ignore[arg-type]
        env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        yield Child(process)
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
