"""Whoever is not known at the port of a server with keys: nothing is taken from them, and nobody else is disturbed."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import zmq
from line import Line
from server_process import Guarded, guarded, own_memory
from visits import NOTHING, Visit, same

from reverie.server.service.keyring import Keyring, Pairing
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.wire import keys
from reverie.shared.wire.address import Address
from reverie.shared.wire.codec import decode, encode
from reverie.shared.wire.sockets import client_socket

TELLING = "SECRET-COLOURSPACE"
PATTERN = b"a picture nobody else may see; "


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("strangers")) as server:
        yield server
        assert "Traceback" not in server.process.said(), server.process.said()


STRANGE = b"the stranger's.."
WHO = {"t": "HELLO", "min": 1, "max": 1, "client": "stranger"}
WHAT = {"t": "STATUS", "jobs": [STRANGE]}
# What a stranger would ask for.
ERRANDS = [
    WHO,
    {"t": "PUT", "blob": STRANGE, "size": 64, "picture": {"shape": [4, 4, 4], "dtype": "u8"}},
    {"t": "SUBMIT", "job": STRANGE, "kind": "still", "settings": {}, "inputs": {"picture": STRANGE}},
    {"t": "LIST", "what": "jobs"},
    WHAT,
    {"t": "GET", "blob": STRANGE, "credit": 16},
    {"t": "LEDGER"},
    {"t": "PART", "start": 0},
    {"t": "GOT", "n": 1 << 40},
]


def answers(address: Address, own: keys.KeyPair | None, errands: list[dict] = ERRANDS) -> list[dict]:
    """What a server says within a second to one who asks so much. With ``own`` None without any key."""
    context = zmq.Context()
    try:
        dealer = client_socket(context, *((address.key, own) if own else ()))
        dealer.setsockopt(zmq.IMMEDIATE, 0)
        dealer.connect(address.endpoint)
        for errand in errands:
            with contextlib.suppress(zmq.Again):
                dealer.send(encode({"id": os.urandom(16), **errand}), zmq.NOBLOCK)
        heard = []
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            if dealer.poll(50):
                heard.append(decode(dealer.recv_multipart()[0]))
        return heard
    finally:
        context.destroy(linger=0)


def revoked(server: Guarded) -> keys.KeyPair:
    own = keys.KeyPair.fresh()
    keyring = Keyring(server.home / "keys")
    keyring.admit(keys.written(own.public), "shut out")
    assert keyring.revoke("shut out")
    return own


def wrong_key(server: Guarded) -> Address:
    return Address(server.address.host, server.address.port, keys.KeyPair.fresh().public)


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param(lambda server: answers(server.address, None), id="no key"),
        pytest.param(lambda server: answers(wrong_key(server), server.own), id="another server's key"),
        pytest.param(lambda server: answers(server.address, revoked(server)), id="revoked"),
        pytest.param(lambda server: answers(server.address, keys.KeyPair.fresh()), id="the right key, not paired"),
    ],
)
def test_a_stranger_hears_nothing(server: Guarded, heard: Callable[[Guarded], list[dict]]) -> None:
    assert heard(server) == []
    assert_nothing_was_taken(server)


def test_while_a_pairing_is_open_a_stranger_is_only_told_to_pair(server: Guarded) -> None:
    pairing = Pairing(Keyring(server.home / "keys"))
    pairing.open()
    try:
        heard = answers(server.address, keys.KeyPair.fresh())
    finally:
        pairing.close()
    assert heard and {(each["t"], each.get("code")) for each in heard} == {("ERR", "NOT_PAIRED")}
    assert_nothing_was_taken(server)


def assert_nothing_was_taken(server: Guarded) -> None:
    told = {each["t"]: each for each in answers(server.address, server.own, [WHO, WHAT])}
    assert "WELCOME" in told, "who is known is answered"
    assert told["LISTING"]["items"] == [{"job": STRANGE, "state": "UNKNOWN", "n": 0}]
    assert not list((server.home / "spool" / "blobs").glob(f"{STRANGE.hex()}*"))


def test_an_eavesdropper_sees_neither_picture_nor_settings(server: Guarded) -> None:
    info = PictureInfo((256, 256, 4), "u8", TELLING, "straight", "top-down")
    picture = Picture.from_bytes(info, (PATTERN * (info.size // len(PATTERN) + 1))[: info.size])
    with (
        Line(server.address.port, record=True) as line,
        Visit(Address("127.0.0.1", line.port, server.address.key).line, server.own) as visit,
    ):
        dream = visit.client.dream(picture, NOTHING)
        visit.until(lambda: dream.finished)
        assert same(dream, picture), dream.error
    heard = bytes(line.heard or b"")
    assert len(heard) > 10_000
    for word in (PATTERN[:16], TELLING.encode(), b"octaves", b"ornament", b"SUBMIT", b"credit"):
        assert word not in heard


def noise(port: int) -> None:
    connection = socket.create_connection(("127.0.0.1", port), 5)
    connection.sendall(os.urandom(100_000))


def half_a_greeting(port: int) -> None:
    connection = socket.create_connection(("127.0.0.1", port), 5)
    connection.sendall(b"\xff\0\0\0\0\0\0\0\x01\x7f\x03")
    time.sleep(0.5)


GREETING = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00CURVE".ljust(64, b"\0")


def endless_multipart(port: int) -> None:
    connection = socket.create_connection(("127.0.0.1", port), 5)
    connection.sendall(GREETING.replace(b"CURVE", b"NULL\0"))
    for _ in range(500):
        connection.sendall(b"\x03" + (1 << 16).to_bytes(8, "big") + bytes(1 << 16))


def a_huge_length(port: int) -> None:
    connection = socket.create_connection(("127.0.0.1", port), 5)
    connection.sendall(GREETING + b"\x06" + (1 << 62).to_bytes(8, "big") + bytes(100_000))


def a_web_browser(port: int) -> None:
    connection = socket.create_connection(("127.0.0.1", port), 5)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: dreams\r\n\r\n")
    connection.recv(100)


ATTACKS = [noise, half_a_greeting, endless_multipart, a_huge_length, a_web_browser]


def test_attacks_at_the_port_slow_nobody_down_and_take_no_memory(server: Guarded) -> None:
    under_attack(server, seconds=3.0)


@pytest.mark.endurance
def test_attacks_at_the_port_for_minutes(server: Guarded) -> None:
    under_attack(server, seconds=60.0)


def under_attack(server: Guarded, seconds: float) -> None:
    over = threading.Event()

    def attack(kind: Callable[[int], None]) -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                kind(server.address.port)
            over.wait(0.05)

    with Visit(server.address.line, server.own) as visit:

        def pings(seconds: float) -> list[float]:
            visit.pings.clear()
            end = time.monotonic() + seconds
            visit.until(lambda: time.monotonic() > end, ping_every=0.005)
            return visit.pings

        pings(0.5)
        calm = pings(seconds / 2)
        held = own_memory(server.process.process.pid)
        attackers = [threading.Thread(target=attack, args=(kind,), daemon=True) for kind in ATTACKS]
        for attacker in attackers:
            attacker.start()
        stormy = pings(seconds)
        over.set()
        for attacker in attackers:
            attacker.join(10)
        assert own_memory(server.process.process.pid) - held < 32 << 20
    # The attackers share this process and its processors: a little slack for that.
    assert np.percentile(stormy, 99) < 2 * np.percentile(calm, 99) + 0.010, (len(calm), len(stormy))
