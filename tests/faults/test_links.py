"""Links that are slow, that die without a word, that turn bits over, and clients at them that no longer listen."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from line import SEGMENT, Line
from raw_client import RawClient
from server_process import ServerProcess, own_memory
from visits import NOTHING, Visit, noise, same

from reverie.server.service.hoarding import LIMIT
from reverie.shared.client import ConnectionState, DreamState
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.blobs import CHUNK
from reverie.shared.wire.codec import encode


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("links") / "spool") as process:
        assert process.endpoint, process.said()
        process.wait_for("is ready")
        yield process
        assert "Traceback" not in process.said(), process.said()


def port(server: ServerProcess) -> int:
    return int(server.endpoint.rsplit(":", 1)[1])


def ledger(server: ServerProcess) -> dict[bytes, dict]:
    with RawClient(server.endpoint) as client:
        return {item["job"]: item for item in client.ask("LEDGER")["items"]}


def times_done(server: ServerProcess, job: bytes) -> int:
    return server.said().count(f"Dream {job.hex()[:8]} is done")


def there_and_back(server: ServerProcess, line: Line, side: int, seconds: float) -> tuple[float, list[float]]:
    """Seconds that a picture takes over a line and back, and those of the pings meanwhile."""
    picture = noise(side, side)
    with Visit(line.endpoint) as visit:
        dream = visit.client.dream(picture, NOTHING)
        took = visit.until(lambda: dream.finished, seconds, ping_every=0.25)
        assert same(dream, picture), dream.error
        return took, visit.pings


def test_a_slow_line_carries_a_picture_and_pings_beside_it(server: ServerProcess) -> None:
    with Line(port(server), latency=0.05, rate=3e6, loss=0.01) as line:
        took, pings = there_and_back(server, line, 1448, 40.0)
    assert took < 16.0, "less than half of what the line carries was used"
    assert len(pings) > 8 and np.percentile(pings, 95) < 0.1 + 0.5, sorted(pings)
    assert np.median(pings) < 0.1 + 0.25, sorted(pings)


@pytest.mark.endurance
def test_a_line_of_a_megabyte_a_second_carries_67_megabytes(server: ServerProcess, record_property) -> None:
    with Line(port(server), latency=0.15, rate=1e6, loss=0.02) as line:
        took, pings = there_and_back(server, line, 4096, 500.0)
    figures = {"seconds": took} | {f"ping_p{q}_ms": 1e3 * float(np.percentile(pings, q)) for q in (50, 95, 99, 100)}
    for name, figure in figures.items():
        record_property(name, figure)
    assert np.percentile(pings, 95) < 0.3 + 0.5, figures


def test_a_line_that_dies_without_a_word_is_noticed_and_nothing_is_done_twice(server: ServerProcess) -> None:
    picture = noise(1024, 1024)
    with Line(port(server), rate=4e6) as line, Visit(line.endpoint) as visit:
        dream = visit.client.dream(picture, NOTHING)
        visit.until(lambda: dream.state is DreamState.SENDING and dream.fraction > 0.4)
        line.dead = True
        noticed = visit.until(lambda: visit.client.state is not ConnectionState.CONNECTED)
        assert noticed < 8.3
        assert dream.state is DreamState.WAITING and visit.client.problem
        line.dead = False
        visit.until(lambda: dream.finished)
        assert same(dream, picture), dream.error
        # What had arrived is not sent again: all but what was on the way when the line died.
        assert line.carried[True] < 1.6 * picture.info.size
    assert times_done(server, dream.job) == 1


def test_a_line_that_dies_while_the_server_dreams_takes_nothing_away(server: ServerProcess) -> None:
    picture = noise(96, 96)
    before = set(ledger(server))
    with Line(port(server)) as line, Visit(line.endpoint) as visit:
        dream = visit.client.dream(picture, DreamSettings(network="ornament", octaves=1, iterations=30), "batch")
        visit.until(lambda: dream.state is DreamState.RUNNING)
        line.dead = True
        visit.until(lambda: visit.client.state is not ConnectionState.CONNECTED)
        deadline = time.monotonic() + 60
        while (item := ledger(server)[dream.job])["state"] != "DONE":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        line.dead = False
        visit.until(lambda: dream.finished)
        assert dream.state is DreamState.DONE and item["attempt"] == 1
    assert times_done(server, dream.job) == 1
    assert set(ledger(server)) - before <= {dream.job}


def test_bits_that_turn_over_are_found_and_sent_again(server: ServerProcess) -> None:
    chance = random.Random(4)
    turned = {True: 0, False: 0}

    def tamper(data: bytes, up: bool) -> bytes:
        # In the middle of what is surely a picture's, about twice each way.
        if len(data) < SEGMENT or turned[up] >= 3 or chance.random() > 0.02:
            return data
        turned[up] += 1
        at = len(data) // 2
        return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]

    picture = noise(1448, 1448)
    with Line(port(server)) as line, Visit(line.endpoint) as visit:
        line.tamper = tamper
        dream = visit.client.dream(picture, NOTHING)
        visit.until(lambda: dream.finished)
        assert same(dream, picture), dream.error
    assert all(turned.values()), "no bit was turned over"
    assert line.carried[True] > picture.info.size + CHUNK // 2 < line.carried[False]


def test_a_header_with_a_bit_turned_over_is_refused_or_ends_that_connection(server: ServerProcess) -> None:
    chance = random.Random(5)
    with Line(port(server)) as line:
        hurt: list[int] = []

        def tamper(data: bytes, up: bool) -> bytes:
            if not up or not hurt:
                return data
            at = chance.randrange(len(data))
            return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]

        line.tamper = tamper
        for number in range(40):
            with RawClient(line.endpoint) as client:
                hurt.clear()
                client.ask("PING")
                hurt.append(number)
                client.frames(encode({"t": "STATUS", "id": bytes(16), "jobs": [bytes(16)], "since": 0}))
                client.silence(0.05)
                codes = {header.get("code") for header, _ in client.heard if header["t"] == "ERR"}
                assert codes <= {"BAD_HEADER", "PROTO_VERSION", "UNKNOWN_TYPE"}, client.heard
    with RawClient(server.endpoint) as client:
        assert client.ask("PING")["t"] == "PONG"


def test_a_client_that_stops_reading_costs_nobody_anything(server: ServerProcess) -> None:
    picture = noise(2048, 2048)
    with RawClient(server.endpoint) as quick, RawClient(server.endpoint) as stuck:
        blob = quick.upload(picture)

        def round_() -> float:
            start = time.monotonic()
            assert quick.fetch(blob, picture.info.size) == picture.data()
            return time.monotonic() - start

        before = min(round_() for _ in range(3))
        held = own_memory(server.process.pid)
        for number in range(3000):
            if number % 10 == 0:
                stuck.send("GET", blob=blob, have=b"", credit=16)
                stuck.frames(encode({"t": "ACK", "blob": blob, "at": 0}))
            stuck.send("PING")
        after = min(round_() for _ in range(4))
        assert own_memory(server.process.pid) - held < 64 * CHUNK
    assert after < 2 * before + 0.05, (before, after)


def endless_message(port: int) -> None:
    """A message of 1 MiB frames, one after the other, until they hang up."""
    ready = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER"
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL".ljust(64, b"\0"))
        connection.sendall(b"\x04" + bytes([len(ready)]) + ready)
        for _ in range(4 * LIMIT // CHUNK):
            connection.sendall(b"\x03" + CHUNK.to_bytes(8, "big") + bytes(CHUNK))
    pytest.fail("nobody hung up")


def test_a_message_without_end_is_hung_up_on_and_others_lose_nothing(server: ServerProcess) -> None:
    def attack() -> None:
        with contextlib.suppress(OSError):
            endless_message(port(server))

    picture = noise(96, 96)
    with Visit(server.endpoint) as visit:
        dream = visit.client.dream(picture, DreamSettings(network="ornament", octaves=1, iterations=40), "batch")
        visit.until(lambda: dream.state is DreamState.RUNNING)
        attacker = threading.Thread(target=attack, daemon=True)
        attacker.start()
        held = []

        def hung_up() -> bool:
            held.append(own_memory(server.process.pid))
            return not attacker.is_alive()

        visit.until(hung_up)
        visit.until(lambda: dream.finished)
        assert dream.state is DreamState.DONE, dream.error
    assert times_done(server, dream.job) == 1
    assert max(held) < 2 * LIMIT
    assert "Unfinished messages" in server.said()
