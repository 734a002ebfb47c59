"""The ledger alone: what is written is there again, in order, and for one server only."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.server.service.background import Background, Waker
from reverie.server.service.database import SpoolInUse
from reverie.server.service.ledger import DONE, QUEUED, RELEASED, RUNNING, Blob, Job, Ledger, Request
from reverie.shared.picture import PictureInfo

INFO = PictureInfo((4, 5, 3), "f32", "Linear Rec.709", "none", "bottom-up")

# As the first servers had it.
FIRST_SCHEMA = """
CREATE TABLE jobs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    request BLOB NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    n INTEGER NOT NULL,
    outcome BLOB NOT NULL,
    touched REAL NOT NULL
);
CREATE TABLE blobs (
    id BLOB PRIMARY KEY,
    picture BLOB NOT NULL,
    complete INTEGER NOT NULL,
    touched REAL NOT NULL
);
"""


def a_job(**fields: object) -> Job:
    request = Request("still", {"network": "ornament", "strength": 0.5}, {"picture": os.urandom(16)}, "batch")
    return Job(os.urandom(16), request, **fields)  # type: ignore[arg-type]


def test_jobs_and_blobs_are_there_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    blob = Blob(os.urandom(16), INFO)
    ledger.save_blob(blob)
    job = a_job(state=QUEUED)
    ledger.add_job(job)
    job.state, job.attempt, job.n = DONE, 2, 41
    job.results = {"picture": {"blob": blob.id, "size": INFO.size, "picture": INFO.header()}}
    ledger.save_job(job)
    ledger.close()

    ledger = Ledger(tmp_path / "ledger.sqlite")
    (again,) = ledger.jobs()
    assert (again.id, again.request, again.state, again.attempt) == (job.id, job.request, DONE, 2)
    assert again.n == again.told == 41
    assert again.results == job.results
    assert [(found.id, found.info, found.complete) for found in ledger.blobs()] == [(blob.id, INFO, False)]
    ledger.close()


def test_jobs_come_back_in_the_order_they_came_in(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    jobs = [a_job() for _ in range(20)]
    for job in jobs:
        ledger.add_job(job)
    gone = jobs.pop(3)
    gone.state = RELEASED
    ledger.save_job(gone)
    ledger.forget_released(gone.touched + 1)
    assert ledger.job(gone.id) is None
    assert [job.id for job in ledger.jobs()] == [job.id for job in jobs]
    ledger.close()


def test_a_spool_belongs_to_one_server(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(SpoolInUse, match="Another server"):
        Ledger(tmp_path / "ledger.sqlite")
    first.close()
    Ledger(tmp_path / "ledger.sqlite").close()


@settings(max_examples=30, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 4), st.sampled_from([QUEUED, RUNNING, DONE, RELEASED])), max_size=30))
def test_the_last_word_on_each_job_counts(tmp_path_factory: pytest.TempPathFactory, moves: list) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    ledger = Ledger(path)
    jobs = [a_job() for _ in range(5)]
    for job in jobs:
        ledger.add_job(job)
    for index, state in moves:
        jobs[index].state = state
        jobs[index].n += 1
        ledger.save_job(jobs[index])
    ledger.close()
    ledger = Ledger(path)
    assert [(job.id, job.state, job.n) for job in ledger.jobs()] == [
        (job.id, job.state, job.n) for job in jobs if job.state != RELEASED
    ]
    assert [found.state for found in map(ledger.job, (job.id for job in jobs)) if found] == [
        RELEASED for job in jobs if job.state == RELEASED
    ]
    ledger.close()


def test_an_old_ledger_keeps_opening(tmp_path: Path) -> None:
    """As the first servers left it, which knew no owners and no checksums, and told time by the wall."""
    path, job = tmp_path / "ledger.sqlite", a_job(state=DONE)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(FIRST_SCHEMA)
        row = (job.id, job.request.packed(), DONE, 2, 9, msgpack.packb([{}, None, {}]), 1.7e9)
        db.execute(
            "INSERT INTO jobs (id, request, state, attempt, n, outcome, touched) VALUES (?, ?, ?, ?, ?, ?, ?)", row
        )
        db.execute("INSERT INTO blobs VALUES (?, ?, 1, 1.7e9)", (bytes(16), msgpack.packb(INFO.header())))
    for _ in range(2):
        ledger = Ledger(path)
        (again,), (blob,) = ledger.jobs(), ledger.blobs()
        assert (again.id, again.request, again.state, again.attempt, again.n) == (job.id, job.request, DONE, 2, 9)
        assert (blob.info, blob.complete, blob.checksums) == (INFO, True, b"")
        assert 0 <= ledger.now() - again.touched < 60, "as old as this server has known it"
        ledger.save_job(again)
        ledger.close()


def test_a_ledger_of_a_newer_reverie_is_left_alone(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger.sqlite").close()
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(SpoolInUse, match="newer Reverie"):
        Ledger(tmp_path / "ledger.sqlite")


def test_what_waits_for_the_disk_comes_in_order_and_many_turns_share_one_wait(tmp_path: Path) -> None:
    waker = Waker()
    ledger = Ledger(tmp_path / "ledger.sqlite", Background(waker))
    batches: list[int] = []
    disk, write = threading.Event(), ledger._db.write

    def slow(batch: Mapping[Any, Any]) -> None:
        assert disk.wait(20)
        batches.append(len(batch))
        write(batch)

    ledger._db.write = slow  # type: ignore[method-assign]
    done: list[int] = []
    ledger.when_durable(lambda: done.append(-1))
    assert done == [-1], "nothing to wait for"
    for turn in range(20):
        ledger.add_job(a_job())
        ledger.when_durable(lambda turn=turn: done.append(turn))
        ledger.commit()
        ledger.finish()
        assert done == [-1], "told, and not on the disk"
    disk.set()
    deadline = time.monotonic() + 20
    while len(done) < 21 and time.monotonic() < deadline:
        ledger.finish()
        ledger.commit()
    assert done == list(range(-1, 20))
    assert len(batches) == 2 and sum(batches) == 22, "twenty jobs, and the clock twice"
    ledger.close()
    waker.close()
