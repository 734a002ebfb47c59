"""A dream server of one's own, for as long as a block of code lasts."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ...shared.wire.address import Address


class ServerDidNotStart(RuntimeError):
    """The server ended before it was ready; the message is the last thing it said."""


@contextlib.contextmanager
def local_server(device: str = "auto", spool: Path | None = None) -> Iterator[Address]:
    """Run ``reverie serve`` as a process of its own on a free port; yields where it listens.

    spool: kept if given, otherwise a temporary one. Raises `ServerDidNotStart`.
    """
    with contextlib.ExitStack() as stack:
        folder = spool or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reverie-spool-")))
        log = stack.enter_context(tempfile.TemporaryFile("w+"))
        command = [sys.executable, "-m", "reverie", "serve", "--json-ready", "--listen", "tcp://127.0.0.1:0"]
        process = subprocess.Popen(
            [*command, "--device", device, "--spool", str(folder)], stdout=subprocess.PIPE, stderr=log, text=True
        )
        stack.callback(_end, process)
        assert process.stdout
        ready = process.stdout.readline()
        if not ready:
            process.wait()
            log.seek(0)
            raise ServerDidNotStart((log.read().strip().splitlines() or ["It said nothing."])[-1])
        yield Address.parse(json.loads(ready)["address"])


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
