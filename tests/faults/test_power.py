"""A power cut at any instant: whatever a client was told is still so afterwards."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from power import Supply
from quick_server import QuickServer
from quick_worker import negative
from raw_client import RawClient
from steadfast import INFO, Dream, Steadfast, picture

from reverie.shared.wire.blobs import Bitmap


class Cut(Exception):
    """The lights go out."""


def words(dreams: list[Dream]) -> int:
    """How much was told of these dreams."""
    return sum(dream.whole + dream.accepted + bool(dream.result) for dream in dreams)


def dream_until(server: QuickServer, told: int, delay: float, seed: int) -> list[Dream]:
    """Have pictures dreamed until so much is told of them and the delay, in seconds, is over; then the power goes."""
    dreams = [Dream(picture(seed + index)) for index in range(30)]
    end = float("inf")

    def meanwhile() -> None:
        nonlocal end
        if words(dreams) >= told:
            end = min(end, time.monotonic() + delay)
        if time.monotonic() > end:
            raise Cut

    client = Steadfast(server.endpoint, dreams, meanwhile)
    try:
        client.run()
    except Cut:
        server.end(signal.SIGKILL)
    finally:
        client.close()
    return dreams


def keeps_its_word(server: QuickServer, dreams: list[Dream]) -> int:
    """Checks everything that was told before against what the server says now; returns how much that was."""
    with RawClient(server.endpoint) as client:
        for dream in dreams:
            if dream.whole:
                _, have = client.put(dream.picture, dream.blob)
                assert Bitmap(INFO.size, have["have"]).full, "a picture that was whole is not there"
            if dream.accepted:
                (item,) = client.ask("STATUS", jobs=[dream.job], since=0)["items"]
                assert item["state"] != "UNKNOWN", "a job that was accepted is not known"
                assert not dream.result or item["state"] == "DONE", "a job that was done is not"
            if dream.result:
                fetched = client.fetch(dream.result["blob"], dream.result["size"])
                assert fetched == negative(dream.picture.data())
    return words(dreams)


def cuts(folder: Path, count: int) -> int:
    chance, told = random.Random(3), 0
    for number in range(count):
        here = folder / str(number)
        here.mkdir()
        supply = Supply(here, here / "spool")
        with QuickServer(here / "spool", environment=supply.environment) as server:
            dreams = dream_until(server, chance.randrange(5, 80), 0.05 * chance.random(), 100 * number)
        with QuickServer(supply.cut(here / "after"), workers=0) as server:
            told += keeps_its_word(server, dreams)
            assert "Traceback" not in server.said()
    return told


def test_a_power_cut_takes_nothing_back(tmp_path: Path) -> None:
    assert cuts(tmp_path, 2) >= 10


@pytest.mark.endurance
def test_forty_power_cuts_take_nothing_back(tmp_path: Path) -> None:
    told = cuts(tmp_path, 40)
    print(f"\n{told} words kept")
    assert told > 400
