"""A dream server of one's own, for as long as a block of code lasts."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from ...shared.wire.address import Address


class ServerDidNotStart(RuntimeError):
    """The server ended before it was ready. ``hint``: the last thing it said."""

    def __init__(self, hint: str) -> None:
        super().__init__("The dream server ended at once.")
        self.hint = hint


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A running server: where it listens, and its process."""

    address: Address
    process: subprocess.Popen[str]


@contextlib.contextmanager
def local_server(device: str = "auto") -> Iterator[LocalServer]:
    """Run ``reverie serve`` as a process of its own, on a free port and with a spool that goes with it.

    Raises `ServerDidNotStart`.
    """
    command = [sys.executable, "-m", "reverie", "serve", "--json-ready", "--listen", "tcp://127.0.0.1:0"]
    with (
        tempfile.TemporaryDirectory(prefix="reverie-spool-", ignore_cleanup_errors=True) as spool,
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [*command, "--device", device, "--spool", spool], stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            assert process.stdout
            ready = process.stdout.readline()
            if not ready:
                process.wait()
                log.seek(0)
                raise ServerDidNotStart(" ".join(log.read().strip().splitlines()[-1:]))
            yield LocalServer(Address.parse(json.loads(ready)["address"]), process)
        finally:
            end(process)


def end(process: subprocess.Popen[str], patience: float = 5.0) -> None:
    """Ask a process to end, and kill it after ``patience`` seconds."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
