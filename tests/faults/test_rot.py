"""Bits that flip on the server's disk: found, sent or made again, or failed; never shown."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from quick_server import QuickServer
from raw_client import RawClient
from steadfast import Dream, Steadfast, check, picture

from reverie.server.service.ledger import QUEUED, Job, Ledger, Request
from reverie.shared.client import Client
from reverie.shared.client.dream import RemoteDream
from reverie.shared.client.job import DreamState
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address


def flip(file: Path, at: int) -> None:
    with file.open("r+b") as held:
        held.seek(at)
        (byte,) = held.read(1)
        held.seek(at)
        held.write(bytes([byte ^ 16]))


def dreamed(server: QuickServer, seeds: range) -> list[Dream]:
    dreams = [Dream(picture(seed)) for seed in seeds]
    client = Steadfast(server.endpoint, dreams)
    client.run()
    client.close()
    return dreams


def test_a_result_that_rots_is_never_sent(tmp_path: Path) -> None:
    with QuickServer(tmp_path / "spool") as server:
        rotten, sound = dreamed(server, range(2))
        assert rotten.result
        flip(server.spool / "blobs" / rotten.result["blob"].hex(), 1_500_000)
        with RawClient(server.endpoint) as client:
            client.send("GET", blob=rotten.result["blob"], have=b"", credit=16)
            error, _ = client.expect(lambda header: header["t"] == "ERR")
            assert error["code"] == "UNKNOWN_BLOB" and "damaged" in error["msg"]
            sent = [header["at"] for header, _ in client.heard if header["t"] == "CHUNK"]
            assert sent == [0], "the piece that rotted was sent"
            check(client, sound)


def test_an_input_that_rots_while_it_waits_is_sent_again(tmp_path: Path) -> None:
    """By the client that artists have, which does it by itself."""
    with QuickServer(tmp_path / "spool", workers=0) as server:
        client = Client(Address.parse(server.endpoint), "test")
        client.connect()
        given = picture(5)
        dream = RemoteDream({"picture": given}, DreamSettings(network="ornament"))
        client.add(dream)
        pump(client, lambda: dream.state is DreamState.QUEUED)
        server.end(signal.SIGKILL)
        (file,) = (server.spool / "blobs").iterdir()
        flip(file, 2_000_000)
        with QuickServer(server.spool, endpoint=server.endpoint) as again:
            pump(client, lambda: dream.finished)
            assert dream.state is DreamState.DONE, dream.error
            assert dream.result and np.array_equal(dream.result.pixels, 255 - given.pixels)
            assert "has rotted" in again.said()
        client.close()


def pump(client: Client, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        client.pump()
        client.wait(0.01)


def a_job(number: int) -> Job:
    return Job(number.to_bytes(16, "big"), Request("still", {"tile": number}, {"picture": bytes(16)}, "batch"), QUEUED)


@pytest.mark.parametrize("rotten", range(3))
def test_a_row_that_rots_is_as_if_it_had_never_been(tmp_path: Path, rotten: int) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    for number in range(3):
        ledger.add_job(a_job(number))
    ledger.close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE jobs SET state = 'DONE' WHERE place = ?", (rotten + 1,))
    left = [a_job(number).id for number in range(3) if number != rotten]
    ledger = Ledger(path)
    assert [job.id for job in ledger.jobs()] == left
    ledger.add_job(a_job(3))
    assert [job.id for job in ledger.jobs()] == [*left, a_job(3).id], "the next job has taken another's place"
    ledger.close()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_page_rots_nothing_untrue_is_read_and_the_server_starts(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    for number in range(200):
        ledger.add_job(a_job(number))
    ledger.close()
    chance = random.Random(seed)
    for _ in range(8):
        flip(path, chance.randrange(100, path.stat().st_size))
    ledger = Ledger(path)
    found = list(ledger.jobs())
    for job in found:
        assert job.request == a_job(int.from_bytes(job.id, "big")).request and job.state == QUEUED
    assert len({job.id for job in found}) == len(found)
    ledger.add_job(a_job(1000))
    ledger.close()
    ledger = Ledger(path)
    assert len(list(ledger.jobs())) == len(found) + 1
    ledger.close()
