"""Films dreamed on a real server while server, worker and client are killed: they end as if nothing had been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import wire_batch
from server_process import ServerProcess

from reverie.shared.client.frames import WireExecutor
from reverie.shared.frames.batch import BatchState

# A machine that does much else may take this long to start a worker.
PATIENCE = 400.0
WHAT = ("server", "worker", "client")


class Siege:
    """A server, and a batch in a process of its own, both started again whenever they were killed."""

    def __init__(self, folder: Path, frames: int) -> None:
        spool, source, target = folder / "spool", wire_batch.film(folder / "in", frames), folder / "out"
        self.server = ServerProcess(spool)
        self.endpoint = self.server.endpoint
        self.source, self.target = source, target
        self.client = self._batch()

    def close(self) -> None:
        self.client.kill()
        self.client.wait()
        self.server.__exit__(None, None, None)

    @property
    def done(self) -> int:
        return len(list(self.target.glob("*.png")))

    def wait(self, frames: int) -> bool:
        """Until so many frames are there; False when the batch has ended."""
        deadline = time.monotonic() + PATIENCE
        while self.done < frames:
            assert time.monotonic() < deadline, f"{self.done} of {frames} frames: {self.server.said()[-2000:]}"
            if self.client.poll() is not None:
                return False
            time.sleep(0.01)
        return True

    def kill(self, what: str) -> None:
        if what == "client":
            self.client.kill()
            self.client.wait()
            self.client = self._batch()
        elif what == "worker":
            os.kill(self.server.workers()[-1], signal.SIGKILL)
        else:
            self.server.end(signal.SIGKILL)
            self.server.__exit__(None, None, None)
            self.server = ServerProcess(self.server.spool, self.endpoint)
            assert self.server.endpoint == self.endpoint, self.server.said()

    def _batch(self) -> subprocess.Popen[bytes]:
        script = Path(wire_batch.__file__)
        return subprocess.Popen([sys.executable, str(script), self.endpoint, str(self.source), str(self.target)])


@pytest.fixture
def besieged(tmp_path: Path) -> Iterator[Callable[[int], Siege]]:
    """Makes a siege over a film of so many frames."""
    sieges: list[Siege] = []

    def begin(frames: int) -> Siege:
        sieges.append(Siege(tmp_path, frames))
        return sieges[0]

    yield begin
    for siege in sieges:
        siege.close()


def undisturbed(siege: Siege, target: Path) -> dict[str, bytes]:
    """What the film comes to on the same server, now that nobody kills anything."""
    client = wire_batch.connected(siege.endpoint)
    executor = WireExecutor(client, doze=0.01)
    batch = wire_batch.finish(wire_batch.job(siege.source, target), executor, PATIENCE)
    client.close()
    assert batch.state is BatchState.DONE and not batch.failures
    return wire_batch.results(target)


def survives(siege: Siege, frames: int, kills: list[tuple[int, str]], again: Path) -> None:
    """kills: after how many frames, and whom."""
    chance = random.Random(5)
    for after, what in kills:
        if not siege.wait(after):
            break
        time.sleep(chance.random() * 0.2)
        siege.kill(what)
    assert siege.client.wait(PATIENCE) == 0
    assert "Traceback" not in siege.server.said()
    results = wire_batch.results(siege.target)
    assert len(results) == frames
    assert results == undisturbed(siege, again)
    assert not list((siege.server.spool / "blobs").glob("*.part"))


def test_killed_in_all_its_parts_a_film_ends_as_if_nothing_had_been(
    besieged: Callable[[int], Siege], tmp_path: Path
) -> None:
    kills = [(1, "client"), (3, "worker"), (5, "server"), (8, "client")]
    survives(besieged(12), 12, kills, tmp_path / "again")


@pytest.mark.endurance
def test_killed_twenty_times_a_film_of_sixty_frames_ends_as_if_nothing_had_been(
    besieged: Callable[[int], Siege], tmp_path: Path
) -> None:
    chance = random.Random(1)
    kills = sorted((chance.randrange(59), chance.choice(WHAT)) for _ in range(20))
    survives(besieged(60), 60, kills, tmp_path / "again")
