"""Dreams taken up again by their ids: after a crash, a quit, a night."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pumping import a_picture, finish, pump

from reverie.shared.client import Client, DreamState, RemoteDream
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address
from scripted_server import ScriptedServer

SETTINGS = DreamSettings()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


def connected(server: ScriptedServer) -> Client:
    client = Client(Address.parse(server.address))
    client.connect()
    return client


def test_the_id_is_noted_before_the_first_byte_leaves(server: ScriptedServer) -> None:
    client = connected(server)
    pump(client, lambda: client.networks)
    seen: list[tuple[bytes, list[str]]] = []
    dream = client.dream(a_picture(), SETTINGS, noted=lambda job: seen.append((job, list(server.seen))))
    finish(client, dream)
    ((job, before),) = seen
    assert job == dream.job and not {"PUT", "SUBMIT", "CHUNK"} & set(before)
    client.close()


def test_a_noted_dream_is_kept_until_it_is_let_go(server: ScriptedServer) -> None:
    client = connected(server)
    dream = client.dream(a_picture(), SETTINGS, noted=lambda job: None)
    finish(client, dream)
    pump(client, lambda: not client.jobs)
    assert server.released == []
    client.release(dream.job)
    pump(client, lambda: server.released == [dream.job])
    client.close()


def test_a_dream_of_an_earlier_life_comes_back_whole(server: ScriptedServer) -> None:
    first, picture = connected(server), a_picture()
    dream = first.dream(picture, SETTINGS, noted=lambda job: None)
    pump(first, lambda: dream.state is DreamState.RECEIVING or dream.finished)
    first.close()
    second = connected(server)
    again = RemoteDream.resumed(dream.job, SETTINGS)
    second.add(again)
    np.testing.assert_array_equal(finish(second, again).pixels, 1 - picture.pixels)
    assert server.dreamt == [dream.job]
    second.close()


def test_a_result_stays_on_the_server_until_it_is_wanted(server: ScriptedServer) -> None:
    first, picture = connected(server), a_picture(60, 60)
    dream = first.dream(picture, SETTINGS, noted=lambda job: None)
    finish(first, dream)
    first.close()
    second = connected(server)
    again = RemoteDream.resumed(dream.job, SETTINGS)
    again.held = True
    second.add(again)
    gets = server.seen.count("GET")
    pump(second, lambda: again.state is DreamState.READY)
    for _ in range(5):
        second.wait(0.01)
        second.pump()
    assert server.seen.count("GET") == gets and again.fraction == 1.0
    again.held = False
    np.testing.assert_array_equal(finish(second, again).pixels, 1 - picture.pixels)
    second.close()


@pytest.mark.parametrize("state", ["UNKNOWN", "RELEASED", "CANCELLED", "RECEIVING"])
def test_what_the_server_does_not_have_is_told_and_never_asked_for_again(server: ScriptedServer, state: str) -> None:
    job = b"an earlier life."
    if state != "UNKNOWN":
        server._jobs[job] = {"state": state, "inputs": {}, "settings": {}, "kind": "still"}
    client = connected(server)
    dream = RemoteDream.resumed(job, SETTINGS)
    client.add(dream)
    pump(client, lambda: dream.finished)
    assert dream.state is DreamState.FAILED and dream.error and dream.error.hint
    pump(client, lambda: not client.jobs)
    assert "SUBMIT" not in server.seen and "PUT" not in server.seen
    assert (server.cancelled == [job]) is (state == "RECEIVING"), "what is half sent is not left lying on the server"
    client.close()


def test_a_dream_that_somebody_else_cancels_is_not_begun_anew(server: ScriptedServer) -> None:
    server.steps, server.step_seconds = 500, 0.01
    client = connected(server)
    dream = client.dream(a_picture(50, 50), SETTINGS, noted=lambda job: None)
    pump(client, lambda: dream.step > 2)
    server._jobs[dream.job]["state"] = "CANCELLED"
    client._connection.open()
    pump(client, lambda: dream.finished)
    assert dream.error and dream.error.code == "CANCELLED" and server.seen.count("SUBMIT") == 1
    client.close()


def test_the_same_asked_again_is_the_same_job(server: ScriptedServer) -> None:
    picture, guide = a_picture(), a_picture(40, 30)
    asked = [RemoteDream({"picture": picture, "guide": guide}, SETTINGS, repeatable=True) for _ in range(2)]
    others = [
        RemoteDream({"picture": picture}, SETTINGS, repeatable=True),
        RemoteDream({"picture": picture, "guide": guide}, SETTINGS.replace(seed=9), repeatable=True),
        RemoteDream({"picture": guide, "guide": picture}, SETTINGS, repeatable=True),
    ]
    assert asked[0].job == asked[1].job and len({dream.job for dream in (asked[0], *others)}) == 4
    first = connected(server)
    first.add(asked[0])
    finish(first, asked[0])
    first.close()
    second = connected(server)
    second.add(asked[1])
    chunks = server.seen.count("CHUNK")
    np.testing.assert_array_equal(finish(second, asked[1]).pixels, 1 - picture.pixels)
    assert server.dreamt == [asked[0].job] and server.seen.count("CHUNK") == chunks
    second.close()


def test_a_result_that_nobody_wants_is_let_go_of(server: ScriptedServer) -> None:
    first = connected(server)
    dream = first.dream(a_picture(60, 60), SETTINGS, noted=lambda job: None)
    finish(first, dream)
    first.close()
    second = connected(server)
    again = RemoteDream.resumed(dream.job, SETTINGS)
    again.held = True
    second.add(again)
    pump(second, lambda: again.state is DreamState.READY)
    second.cancel(again)
    pump(second, lambda: server.released == [dream.job])
    second.close()
