"""A dream server of one's own, for as long as a block of code lasts."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...shared.wire import keys as wire_keys
from ...shared.wire.address import Address


class ServerDidNotStart(RuntimeError):
    """The server ended before it was ready. ``hint``: the last thing it said."""

    def __init__(self, hint: str) -> None:
        super().__init__("The dream server ended at once.")
        self.hint = hint


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A running server: where it listens, its process, its spool, and the key pair it lets in, where it has keys."""

    address: Address
    process: subprocess.Popen[str]
    spool: Path
    own: wire_keys.KeyPair | None = None


@contextlib.contextmanager
def local_server(device: str = "auto", *, keys: bool = False) -> Iterator[LocalServer]:
    """Run ``reverie serve`` as a process of its own, on a free port and with a spool that goes with it.

    keys: behind keys of its own, which go with it too, and without downloaded networks. Raises `ServerDidNotStart`.
    """
    command = [
        sys.executable,
        "-m",
        "reverie",
        "serve",
        "--listen",
        "tcp://127.0.0.1:0",
        "--json-ready",
        "--grace",
        "0",
    ]
    command += ["--keys"] if keys else []
    with (
        tempfile.TemporaryDirectory(prefix="reverie-spool-", ignore_cleanup_errors=True) as spool,
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [*command, "--device", device, "--spool", spool],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | ({"REVERIE_HOME": spool} if keys else {}),
        ) as process,
    ):
        try:
            assert process.stdout
            ready = process.stdout.readline()
            if not ready:
                process.wait()
                log.seek(0)
                raise ServerDidNotStart(" ".join(log.read().strip().splitlines()[-1:]))
            own = wire_keys.load(Path(spool) / "keys" / "client.key") if keys else None
            yield LocalServer(Address.parse(json.loads(ready)["address"]), process, Path(spool), own)
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
