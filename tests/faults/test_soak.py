"""A server that has worked for long holds no more memory and no more open files than at the beginning."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from line import Line
from raw_client import RawClient
from server_process import ServerProcess, own_memory
from visits import NOTHING, Visit, noise, same

from reverie.server.service.sessions import FORGOTTEN_AFTER, HALF_A_CHUNK_FOR
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.codec import encode

DREAM = DreamSettings(network="ornament", octaves=1, iterations=2)
# Where a soak is to be cut short, in seconds.
SOAK_SECONDS = float(os.environ.get("REVERIE_SOAK_SECONDS", 7200))


def files(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


class Life:
    """What befalls a server: clients that come and go, dream, give up, hang up, talk nonsense, and lines that break."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.rounds = 0
        self.half = noise(700, 700), os.urandom(16)

    def round(self) -> None:
        self.rounds += 1
        self.dream()
        self.give_up()
        self.hang_up()

    def dream(self) -> None:
        picture = noise(40, 40 + self.rounds % 7)
        with Visit(self.server.endpoint) as visit:
            nothing, dream = visit.client.dream(picture, NOTHING), visit.client.dream(picture, DREAM)
            visit.until(lambda: nothing.finished and dream.finished)
            assert same(nothing, picture) and dream.result is not None, (nothing.error, dream.error)

    def give_up(self) -> None:
        with Visit(self.server.endpoint) as visit:
            dream = visit.client.dream(noise(64, 64), DreamSettings(network="ornament", iterations=500))
            visit.until(lambda: dream.step > 0)
            visit.client.cancel(dream)
            visit.until(lambda: not visit.client.jobs)

    def hang_up(self) -> None:
        picture, blob = self.half
        with Line(int(self.server.endpoint.rsplit(":", 1)[1])) as line, RawClient(line.endpoint) as client:
            client.chunk(client.put(picture, blob)[0], picture, 0)
            client.frames(os.urandom(99))
            client.frames(encode({"t": "PART", "start": 0}), bytes(1 << 19))
            client.ask("PING")


def soak(server: ServerProcess, warm_up: float, seconds: float) -> dict[str, float]:
    """Bytes and open files of the server and its worker, as they grew over so many seconds."""
    life = Life(server)
    warm = time.monotonic() + warm_up
    while time.monotonic() < warm:
        life.round()
    processes = [server.process.pid, server.workers()[-1]]
    held: list[list[float]] = []
    before = [files(process) for process in processes]
    start = time.monotonic()
    while time.monotonic() - start < seconds or len(held) < 3:
        held.append([own_memory(process) for process in processes])
        life.round()
    after = [files(process) for process in processes]
    thirds = np.array_split(np.array(held), 3)
    growth = np.median(thirds[2], 0) - np.median(thirds[0], 0)
    opened = [now - then for now, then in zip(after, before, strict=True)]
    return {
        "rounds": float(len(held)),
        "gateway_bytes": float(growth[0]),
        "worker_bytes": float(growth[1]),
        "gateway_files": float(opened[0]),
        "worker_files": float(opened[1]),
    }


@pytest.fixture
def server(tmp_path: Path):
    with ServerProcess(tmp_path / "spool") as server:
        server.wait_for("is ready")
        yield server
        assert "Traceback" not in server.said(), server.said()


def assert_flat(grown: dict[str, float], bytes_a_round: float) -> None:
    assert grown["gateway_files"] <= 2 and grown["worker_files"] <= 2, grown
    allowed = 4e6 + bytes_a_round * grown["rounds"]
    assert grown["gateway_bytes"] < allowed and grown["worker_bytes"] < 4 * allowed, grown


def test_twenty_seconds(server: ServerProcess) -> None:
    assert_flat(soak(server, warm_up=HALF_A_CHUNK_FOR + 2, seconds=9.0), bytes_a_round=50e3)


@pytest.mark.endurance
def test_two_hours(server: ServerProcess, record_property) -> None:
    grown = soak(server, warm_up=FORGOTTEN_AFTER + 60, seconds=SOAK_SECONDS)
    for name, figure in grown.items():
        record_property(name, figure)
    assert_flat(grown, bytes_a_round=1e3)
