"""kill -9 of gateway and worker at random points: no job lost, none finished twice, only missing chunks sent again."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest
from quick_server import QuickServer
from raw_client import RawClient
from steadfast import INFO, Dream, Steadfast, check, picture

from reverie.server.service.ledger import DONE, Ledger
from reverie.shared.wire.blobs import chunk_count


class Killer:
    """Kills gateway and worker at random moments, and starts the gateway again."""

    def __init__(self, server: QuickServer, kills: int, every: float) -> None:
        self.server = server
        self.kills = {"gateway": kills, "worker": kills}
        self._every = every
        self._chance = random.Random(7)
        self._next = time.monotonic() + self._pause()
        # The dreams at hand. One that takes three workers with it is given up, as it should be: two is the most here.
        self.dreams: list[Dream] = []
        self._since: list[bool] = []
        self._in_a_row = 0

    @property
    def over(self) -> bool:
        return not any(self.kills.values())

    def strike(self) -> None:
        if self.over or time.monotonic() < self._next:
            return
        what = self._chance.choice([what for what, left in self.kills.items() if left])
        if what == "gateway":
            self.server.end(signal.SIGKILL)
            self.server.__exit__(None, None, None)
            self.server = QuickServer(self.server.spool, endpoint=self.server.endpoint)
            self.kills[what] -= 1
        elif self._spares() and self.server.said().rfind("is ready") > self.server.said().rfind("starts (process"):
            # One that dies again and again before it works is started ever more seldom.
            self._in_a_row += 1
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.server.workers()[-1], signal.SIGKILL)
                self.kills[what] -= 1
        self._next = time.monotonic() + self._pause()

    def _spares(self) -> bool:
        """Whether the dream at hand outlives another worker's death."""
        done = [dream.result is not None for dream in self.dreams]
        if done != self._since:
            self._since, self._in_a_row = done, 0
        return self._in_a_row < 2

    def _pause(self) -> float:
        return self._chance.random() * 2 * self._every


def withstands(folder: Path, kills: int, every: float, at_once: int = 5) -> tuple[int, int]:
    """Have pictures dreamed until all kills are done; returns how many, and how many chunks were sent."""
    killer = Killer(QuickServer(folder / "spool"), kills, every)
    dreamed: list[Dream] = []
    try:
        while not killer.over:
            dreams = [Dream(picture(len(dreamed) + index)) for index in range(at_once)]
            killer.dreams = dreams
            client = Steadfast(killer.server.endpoint, dreams, killer.strike)
            client.run()
            client.close()
            dreamed += dreams
        with RawClient(killer.server.endpoint) as client:
            for dream in dreamed:
                check(client, dream)
        assert "Traceback" not in killer.server.said()
    finally:
        killer.server.end(signal.SIGKILL)
        killer.server.__exit__(None, None, None)
    ledger = Ledger(folder / "spool" / "ledger.sqlite")
    kept = {job.id: job for job in ledger.jobs()}
    ledger.close()
    assert kept.keys() == {dream.job for dream in dreamed}, "a job is missing, or there twice"
    assert {job.state for job in kept.values()} == {DONE}
    results = [job.results["picture"]["blob"] for job in kept.values()]
    assert sorted(path.name for path in (folder / "spool" / "blobs").iterdir()) == sorted(
        blob.hex() for blob in (*results, *(dream.blob for dream in dreamed))
    ), "something is left over, or gone"
    return len(dreamed), sum(dream.sent for dream in dreamed)


def test_a_few_kills_lose_nothing(tmp_path: Path) -> None:
    dreamed, sent = withstands(tmp_path, kills=4, every=0.25)
    # A chunk goes twice only if the kill came between the chunk and the word that it is there.
    assert sent <= dreamed * chunk_count(INFO.size) + 4


@pytest.mark.endurance
def test_a_hundred_kills_of_each_lose_nothing(tmp_path: Path) -> None:
    start = time.monotonic()
    dreamed, sent = withstands(tmp_path, kills=100, every=0.25)
    print(f"\n200 kills in {time.monotonic() - start:.0f} s: {dreamed} dreams, {sent} chunks sent")
    assert sent <= dreamed * chunk_count(INFO.size) + 100
