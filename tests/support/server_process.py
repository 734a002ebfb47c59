"""``reverie serve`` as a process of its own, watched by a test."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from reverie.shared.wire import keys
from reverie.shared.wire.address import Address


class ServerProcess:
    """A running server; ``endpoint`` is where it listens. Its standard error goes to ``log``."""

    def __init__(self, spool: Path, listen: str = "tcp://127.0.0.1:0", *options: str) -> None:
        self.spool = spool
        self.log = spool.with_suffix(".log")
        command = [sys.executable, "-m", "reverie", "serve", "--listen", listen, "--device", "cpu"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--spool", str(spool), *options], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout
        self.ready_line = self.process.stdout.readline()
        self.endpoint = self.ready_line.split()[-1] if self.ready_line else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    def said(self) -> str:
        """All it has logged to standard error, earlier servers on the same spool included."""
        return self.log.read_text(encoding="utf-8")

    def end(self, how: signal.Signals) -> float:
        """Send a signal and wait for the end; returns the seconds it took."""
        start = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(timeout=20)
        return time.monotonic() - start

    def workers(self) -> list[int]:
        """The process ids of every worker started so far, in order."""
        return [int(number) for number in re.findall(r"starts \(process (\d+)\)", self.said())]

    def wait_for(self, words: str, seconds: float = 120.0) -> None:
        """Wait until the log says ``words``."""
        deadline = time.monotonic() + seconds
        while words not in self.said():
            assert time.monotonic() < deadline, f"never said {words!r}: {self.said()}"
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server behind keys. home: its folder for settings, keys and networks; address: with its key."""

    home: Path
    process: ServerProcess
    address: Address

    @property
    def folder(self) -> Path:
        """Where its keys are."""
        return self.home / "keys"

    @property
    def own(self) -> keys.KeyPair:
        """Those of a client that it knows: this process."""
        return keys.load(self.folder / "client.key")


@contextmanager
def guarded(home: Path) -> Iterator[Guarded]:
    """Run a server behind keys, its home this process's too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVERIE_HOME", str(home))
        with ServerProcess(home / "spool", "tcp://127.0.0.1:0", "--keys", "--json-ready") as process:
            assert process.ready_line, process.said()
            process.wait_for("is ready")
            yield Guarded(home, process, Address.parse(json.loads(process.ready_line)["address"]))


def is_alive(process: int) -> bool:
    """Whether a process that is no child of ours still runs."""
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def own_memory(process: int) -> int:
    """Bytes of its own that a process holds: no files mapped."""
    status = Path(f"/proc/{process}/status").read_text()
    return 1024 * int(re.findall(r"RssAnon:\s+(\d+)", status)[0])
