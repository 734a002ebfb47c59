"""The client against a scripted server: what an artist's dream lives through."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from pumping import a_picture, finish, pump

from reverie.shared.client import Client, ConnectionState, DreamState
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address
from reverie.shared.wire.errors import WireError
from scripted_server import ScriptedServer

SETTINGS = DreamSettings()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[Client]:
    client = Client(Address.parse(server.address))
    client.connect()
    yield client
    client.close()


def test_a_dream_comes_back_with_its_pixels_and_their_meaning(client: Client) -> None:
    picture = a_picture()
    result = finish(client, client.dream(picture, SETTINGS))
    assert result.info == picture.info
    np.testing.assert_array_equal(result.pixels, 1 - picture.pixels)
    assert client.networks[0]["name"] == "reverie"


def test_strength_zero_returns_the_same_bits(client: Client) -> None:
    picture = a_picture()
    picture.pixels[0, 0] = [-2.5, 1e4, np.nan, 0.5]
    result = finish(client, client.dream(picture, SETTINGS.replace(strength=0.0)))
    assert result.data() == picture.data()


def test_guide_and_mask_go_along_and_the_fraction_counts_them(client: Client, server: ScriptedServer) -> None:
    picture, guide, mask = a_picture(300, 200), a_picture(900, 700), a_picture(20, 30)
    dream = client.dream(picture, SETTINGS, guide=guide, mask=mask)
    seen: list[float] = []

    def over() -> bool:
        if dream.state is DreamState.SENDING:
            seen.append(dream.fraction)
        return dream.finished

    pump(client, over)
    assert seen == sorted(seen) and seen[0] == 0.0, "the bar went back"
    assert dream.result is not None
    np.testing.assert_array_equal(dream.result.pixels, 1 - picture.pixels)
    (inputs,) = server.inputs
    assert {name: given.data() for name, given in inputs.items()} == {
        "picture": picture.data(),
        "guide": guide.data(),
        "mask": mask.data(),
    }


def test_a_guide_is_sent_again_to_a_server_that_has_lost_it(client: Client, server: ScriptedServer) -> None:
    server.steps, server.step_seconds = 1000, 0.01
    guide = a_picture(500, 600)
    dream = client.dream(a_picture(), SETTINGS, guide=guide)
    pump(client, lambda: dream.step > 2)
    server.close()
    again = ScriptedServer(server.port)
    finish(client, dream)
    assert again.inputs[0]["guide"].data() == guide.data()
    again.close()


def test_the_servers_warnings_are_kept(client: Client, server: ScriptedServer) -> None:
    server.warnings = ["The dream's worker died; trying again (2 of 3)."]
    dream = client.dream(a_picture(50, 50), SETTINGS)
    finish(client, dream)
    assert dream.warnings == server.warnings


def test_two_dreams_at_once_do_not_mix(client: Client) -> None:
    first, second = a_picture(300, 200), a_picture(211, 333)
    dreams = [client.dream(first, SETTINGS), client.dream(second, SETTINGS.replace(strength=0.0))]
    pump(client, lambda: all(dream.finished for dream in dreams))
    np.testing.assert_array_equal(dreams[0].result.pixels, 1 - first.pixels)  # type: ignore[union-attr]
    np.testing.assert_array_equal(dreams[1].result.pixels, second.pixels)  # type: ignore[union-attr]


def test_a_bad_setting_is_told_before_the_bytes_move(client: Client, server: ScriptedServer) -> None:
    server.refuse = [WireError("UNKNOWN_LAYER", "No layer foo.", "There are: strokes.", field="layers")]
    dream = client.dream(a_picture(3000, 2000), SETTINGS)
    pump(client, lambda: dream.finished)
    assert dream.state is DreamState.FAILED
    assert dream.error is not None
    assert (dream.error.code, dream.error.field, dream.error.hint) == ("UNKNOWN_LAYER", "layers", "There are: strokes.")
    assert server.seen.count("CHUNK") < 40


def test_a_busy_server_is_asked_again(client: Client, server: ScriptedServer) -> None:
    server.refuse = [WireError("BUSY", "Too many dreams.", retry_after=0.1)]
    finish(client, client.dream(a_picture(100, 100), SETTINGS))


@pytest.mark.parametrize("way", ["damage", "deny_chunks"])
def test_damaged_chunks_are_sent_again(client: Client, server: ScriptedServer, way: str) -> None:
    setattr(server, way, 2)
    picture = a_picture()
    result = finish(client, client.dream(picture, SETTINGS))
    np.testing.assert_array_equal(result.pixels, 1 - picture.pixels)


def test_cancel_is_at_once_and_the_server_is_told(client: Client, server: ScriptedServer) -> None:
    server.steps, server.step_seconds = 1000, 0.01
    dream = client.dream(a_picture(50, 50), SETTINGS)
    pump(client, lambda: dream.step > 2)
    assert dream.seconds_left is not None and dream.fraction > 0
    client.cancel(dream)
    assert dream.state is DreamState.CANCELLED
    pump(client, lambda: dream.job in server.cancelled)


@pytest.mark.parametrize("forget", [False, True])
def test_a_server_that_dies_in_the_middle_is_taken_up_again(forget: bool) -> None:
    """Whether or not the new server remembers the job, the artist gets the dream."""
    first = ScriptedServer(steps=1000, step_seconds=0.01)
    client = Client(Address.parse(first.address))
    client.connect()
    picture = a_picture()
    dream = client.dream(picture, SETTINGS)
    pump(client, lambda: dream.step > 2)
    first.close()
    pump(client, lambda: dream.state is DreamState.WAITING)
    assert client.state is ConnectionState.CONNECTING
    assert client.problem is not None and "by itself" in client.problem.hint
    second = ScriptedServer(first.port)
    if not forget:
        second.__dict__.update({key: first.__dict__[key] for key in ("_infos", "_blobs", "_here", "_events")})
    np.testing.assert_array_equal(finish(client, dream).pixels, 1 - picture.pixels)
    client.close()
    second.close()


def test_a_dream_asked_for_while_there_is_no_server_waits_for_it() -> None:
    server = ScriptedServer()
    server.close()
    client = Client(Address.parse(server.address))
    client.connect()
    dream = client.dream(a_picture(64, 64), SETTINGS)
    pump(client, lambda: client.problem is not None)
    assert client.problem is not None and server.address in client.problem.msg and client.problem.hint
    again = ScriptedServer(server.port)
    finish(client, dream)
    client.close()
    again.close()


def test_something_else_at_the_port_is_named_as_such() -> None:
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    client = Client(Address("127.0.0.1", web.server_port))
    client.connect()
    pump(client, lambda: client.problem is not None and client.problem.code == "NOT_REVERIE", 15)
    client.close()
    web.shutdown()
    web.server_close()


def test_another_protocol_version_stops_with_a_reason(server: ScriptedServer) -> None:
    def refuse(client: bytes, header: dict, _: bytes) -> None:
        raise WireError("PROTO_VERSION", "This server speaks version 2.", "Update the add-on.")

    server._on_hello = refuse  # type: ignore[method-assign]
    client = Client(Address.parse(server.address))
    client.connect()
    pump(client, lambda: client.state is ConnectionState.ERROR)
    assert client.problem is not None and client.problem.hint == "Update the add-on."
    client.close()


def test_closing_never_waits_for_a_server_that_is_stuck(server: ScriptedServer) -> None:
    client = Client(Address.parse(server.address))
    client.connect()
    pump(client, lambda: client.state is ConnectionState.CONNECTED)
    server.silent = True
    client.dream(a_picture(3000, 2000), SETTINGS)
    client.pump()
    start = time.monotonic()
    client.close()
    assert time.monotonic() - start < 1.0


def test_a_client_that_was_busy_itself_does_not_take_the_server_for_dead(
    client: Client, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.shared.client.connection.PING_EVERY", 0.1)
    monkeypatch.setattr("reverie.shared.client.connection.SILENCE_LIMIT", 0.4)
    finish(client, client.dream(a_picture(), SETTINGS))
    client.wait(0.1)
    client.pump()
    time.sleep(1.0)  # as while Blender renders in the foreground
    finish(client, client.dream(a_picture(), SETTINGS))
    assert server.seen.count("HELLO") == 1
