"""Jobs, sessions and transfers inside the gateway, where a real process would have to be waited for."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable

import pytest
import zmq
from service_rooms import DATA, INFO, Rooms

from reverie.server.service.jobs import KEEP_RELEASED, KEEP_RESULTS, KEEP_UNUSED, LEAP, SILENCE
from reverie.server.service.ledger import CANCELLED, DONE, FAILED, QUEUED, RECEIVING, RELEASED, RUNNING, Request
from reverie.server.service.sessions import BACKLOG
from reverie.shared.wire.blobs import chunk_header
from reverie.shared.wire.errors import WireError


def test_only_interactive_jobs_nobody_comes_back_for_end_when_their_client_is_silent(rooms: Rooms) -> None:
    blob = rooms.upload()
    interactive, batch = rooms.job(blob), rooms.job(blob, "batch")
    rooms.jobs.enter(os.urandom(16), Request("still", {}, {"picture": blob}, "interactive", lasting=True), rooms.client)
    assert rooms.jobs.silent() == []
    rooms.client.heard -= SILENCE + 1
    assert rooms.jobs.silent() == [interactive]
    newcomer = rooms.sessions.heard(b"the same, reconnected")
    rooms.jobs.adopt(interactive, newcomer)
    assert rooms.jobs.silent() == []
    assert rooms.jobs.of(newcomer) == [interactive]
    assert rooms.jobs.of(rooms.client)[0] == batch


def test_an_ended_job_never_changes(rooms: Rooms) -> None:
    job = rooms.job(rooms.upload())
    rooms.jobs.move(job, CANCELLED)
    for state in (QUEUED, RUNNING, DONE):
        with pytest.raises(AssertionError):
            rooms.jobs.move(job, state)


def test_a_new_start_takes_up_what_was_under_way(start: Callable[[], Rooms]) -> None:
    rooms = start()
    whole, half = rooms.upload(), rooms.put()
    running, receiving, done = rooms.job(whole), rooms.job(half), rooms.job(whole)
    rooms.finish(done)
    rooms.jobs.move(running, RUNNING)
    last = running.n

    rooms = start()
    states = [job.state for job in (rooms.jobs.find(old.id) for old in (running, receiving, done))]
    assert states == [QUEUED, RECEIVING, DONE]
    assert rooms.jobs.find(running.id).n > last + LEAP
    assert rooms.jobs.find(done.id).results == done.results


def test_a_picture_lost_from_the_disk_is_asked_for_again(start: Callable[[], Rooms]) -> None:
    rooms = start()
    blob = rooms.upload()
    job = rooms.job(blob)
    assert job.state == QUEUED
    rooms.spool.remove(blob)
    rooms = start()
    assert rooms.jobs.find(job.id).state == RECEIVING
    assert blob not in rooms.transfers


def test_a_picture_that_got_its_name_just_before_the_end_is_whole(start: Callable[[], Rooms]) -> None:
    rooms = start()
    blob = rooms.put()
    job = rooms.job(blob)
    rooms.spool.write(blob, memoryview(DATA))
    rooms = start()
    assert rooms.jobs.find(job.id).state == QUEUED


def test_a_picture_whose_last_chunk_came_just_before_the_end_gets_its_name(start: Callable[[], Rooms]) -> None:
    rooms = start()
    blob = rooms.put()
    job = rooms.job(blob)
    rooms.spool.receive(blob, INFO.size).write(0, memoryview(DATA), zlib.crc32(DATA))  # and the end comes
    rooms = start()
    assert rooms.jobs.find(job.id).state == RECEIVING
    rooms.put(blob)
    rooms.settle()
    assert rooms.transfers.complete(blob) and rooms.arrived == [blob]


def test_releasing_keeps_what_another_job_needs(rooms: Rooms) -> None:
    blob = rooms.upload()
    first, second = rooms.job(blob), rooms.job(blob)
    result = rooms.finish(first)
    rooms.jobs.release(first)
    assert first.state == RELEASED
    assert result not in rooms.transfers and not rooms.spool.path(result).exists()
    assert rooms.transfers.complete(blob)
    rooms.finish(second)
    rooms.jobs.release(second)
    assert blob not in rooms.transfers and not list(rooms.spool.folder.iterdir())


def test_what_nobody_wants_any_more_is_cleared_away(rooms: Rooms) -> None:
    unused, used = rooms.upload(), rooms.upload()
    job = rooms.job(used)
    rooms.finish(job)
    rooms.jobs.tidy()
    assert unused in rooms.transfers
    rooms.ledger._epoch -= KEEP_UNUSED + 60
    rooms.jobs.tidy()
    assert unused not in rooms.transfers
    assert job.state == DONE
    rooms.ledger._epoch -= KEEP_RESULTS
    rooms.jobs.tidy()
    assert job.state == RELEASED and used not in rooms.transfers
    rooms.ledger._epoch -= KEEP_RELEASED + 60
    rooms.jobs.tidy()
    assert rooms.jobs.get(job.id) is None and not list(rooms.ledger.jobs())


def test_a_job_whose_pictures_never_come_ends(rooms: Rooms) -> None:
    job, half = rooms.job(blob := rooms.put(), "batch"), rooms.job(rooms.put(), "batch")
    rooms.ledger._epoch -= KEEP_UNUSED + 60
    rooms.jobs.tidy()
    assert half.state == job.state == RECEIVING, "its client is still there"
    rooms.client.heard -= SILENCE + 1
    rooms.put(blob)
    rooms.transfers.chunk(rooms.client, chunk_header(blob, 0, DATA), memoryview(DATA))
    rooms.settle()
    rooms.jobs.arrived(blob)
    rooms.jobs.tidy()
    assert half.state == FAILED and half.error and "never came" in half.error["msg"]
    assert job.state == QUEUED


def test_a_full_disk_is_said_before_a_byte_moves(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms.transfers._room, "free", lambda: 1000)
    with pytest.raises(WireError) as caught:
        rooms.put()
    assert caught.value.code == "NO_SPACE"
    assert not list(rooms.ledger.blobs())


def test_a_slow_client_gets_what_matters_in_order_and_loses_what_does_not(rooms: Rooms) -> None:
    rooms.socket.error = zmq.EAGAIN
    for n in range(5):
        rooms.sessions.send(rooms.client, {"t": "EVENT", "job": bytes(16), "kind": "state", "n": 2 * n})
        rooms.sessions.send(rooms.client, {"t": "EVENT", "job": bytes(16), "kind": "progress", "n": 1}, lossy=True)
    assert rooms.sessions.flush()
    rooms.socket.error = None
    assert not rooms.sessions.flush()
    assert [header["n"] for header in rooms.socket.sent] == [0, 2, 4, 6, 8]


def test_a_client_that_is_gone_or_never_reads_costs_nothing(rooms: Rooms) -> None:
    rooms.socket.error = zmq.EAGAIN
    for _ in range(BACKLOG + 10):
        rooms.sessions.send(rooms.client, {"t": "PONG"})
    assert not rooms.client.backlog
    other = rooms.sessions.heard(b"other")
    rooms.socket.error = zmq.EHOSTUNREACH
    rooms.sessions.send(other, {"t": "PONG"})
    rooms.socket.error = None
    rooms.sessions.send(other, {"t": "PONG"})
    assert not rooms.socket.sent
