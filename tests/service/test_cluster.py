"""Where work goes: to the worker that had what it goes on from, to each place of a cluster, and into an actor."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zmq

from reverie.server.dream.device import DeviceInfo
from reverie.server.service.actor import BEGUN, Actor
from reverie.server.service.ledger import RUNNING, Job, Request
from reverie.server.service.places import Place, places
from reverie.server.service.posts import cluster, processes
from reverie.server.service.workers import Workers
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.content import described

INFO = PictureInfo((24, 32, 3), "u8")
SETTINGS = DreamSettings(network="ornament", octaves=1, iterations=3)


def node(name: str, alive: bool = True, **offer: float) -> dict[str, Any]:
    return {"NodeID": name, "Alive": alive, "Resources": offer}


def frame(after: bytes | None = None) -> Job:
    return Job(os.urandom(16), Request("frame", {}, {}, "batch", after), RUNNING, attempt=1)


def test_a_shots_next_frame_goes_to_the_worker_that_had_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, bytes]] = []
    monkeypatch.setattr(
        Workers, "_send", lambda self, worker, kind, /, **fields: told.append((worker.post.name, fields["job"]))
    )
    context = zmq.Context()
    workers = Workers(context, processes(["cuda:0", "cuda:1"]), tmp_path)
    try:
        for worker in workers._workers:
            worker.route, worker.slots = b"route", 1
        one, two = frame(), frame()
        for job in (one, two):
            workers.start_job(job, {}, {})
        assert [name for name, _ in told] == ["cuda:0", "cuda:1"] and not workers.idle
        for _ in range(3):
            for worker in workers._workers:
                worker.jobs.clear()
            two, one = frame(two.id), frame(one.id)
            for job in (two, one):
                workers.start_job(job, {}, {})
            assert told[-2:] == [("cuda:1", two.id), ("cuda:0", one.id)]
        workers._workers[1].slots = 0
        workers._workers[0].jobs.clear()
        workers.start_job(frame(two.id), {}, {})
        assert told[-1][0] == "cuda:0", "where its worker is lost, a shot moves"
    finally:
        workers.close()
        context.destroy(linger=0)


def test_every_card_is_a_place_and_without_cards_every_processor() -> None:
    head = node("head", CPU=0)
    cards, plain, gone = node("a", CPU=16, GPU=2), node("b", CPU=8), node("c", alive=False, CPU=8, GPU=8)
    expected = [Place("a", index, "cuda:0", 1, 8) for index in (0, 1)]
    assert places([head, cards, plain, gone], ["auto"]) == expected
    assert places([head, plain, gone], ["auto"]) == [Place("b", 0, "cpu", 0, 8)]
    assert [place.node for place in places([cards, plain], ["cpu", "cpu"])] == ["a", "a", "b", "b"]
    assert places([head], ["auto"]) == []


def test_a_cluster_is_entered_with_a_token_and_tells_nobody() -> None:
    (there,), (alone,), (other,) = cluster("head:6379", ["auto"]), cluster("", ["auto"]), cluster("", ["auto"])
    for post in (there, alone):
        assert post.environment["RAY_AUTH_MODE"] == "token" and post.environment["RAY_USAGE_STATS_ENABLED"] == "0"
    assert "RAY_AUTH_TOKEN" not in there.environment, "that cluster has its own"
    assert alone.environment["RAY_AUTH_TOKEN"] != other.environment["RAY_AUTH_TOKEN"]


@pytest.fixture
def actor(monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    return Actor("cpu", 1)


def order(attempt: int = 1) -> dict[str, Any]:
    inputs = {"picture": {"blob": b"i" * 16, **described(INFO)}}
    about = {"job": b"j" * 16, "attempt": attempt, "kind": "still", "settings": SETTINGS.record()}
    return about | {"inputs": inputs, "results": {"picture": b"r" * 16}}


def test_an_actor_dreams_what_it_is_brought_and_hands_it_back(actor: Actor) -> None:
    pixels = np.random.default_rng(2).integers(0, 255, INFO.size, np.uint8)
    pixels.flags.writeable = False  # as Ray brings it
    told = list(actor.dream(order(), [b"i" * 16], pixels))
    assert [kind for kind, *_ in told][:2] == [BEGUN, "PROGRESS"]
    kind, fields, _, blobs = told[-1]
    assert kind == "DONE" and fields["attempt"] == 1 and list(blobs) == [b"r" * 16]
    result = Picture.from_bytes(INFO, memoryview(blobs[b"r" * 16]))
    assert result.pixels.shape == INFO.shape and result.data() != pixels.data
    assert fields["results"]["picture"]["blob"] == b"r" * 16
    assert set(actor.describe()) == {field.name for field in dataclasses.fields(DeviceInfo)}


def test_what_is_not_wanted_any_more_is_not_dreamed_and_its_next_attempt_is(actor: Actor) -> None:
    pixels = np.zeros(INFO.size, np.uint8)
    actor.cancel(b"j" * 16, 1)
    assert [kind for kind, *_ in actor.dream(order(1), [b"i" * 16], pixels)] == [BEGUN, "STOPPED"]
    assert [kind for kind, *_ in actor.dream(order(2), [b"i" * 16], pixels)][-1] == "DONE"
