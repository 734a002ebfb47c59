"""The ledger alone: what is written is there again, in order, and for one server only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.server.service.database import SpoolInUse
from reverie.server.service.ledger import DONE, QUEUED, RELEASED, RUNNING, Blob, Job, Ledger, Request
from reverie.shared.picture import PictureInfo

INFO = PictureInfo((4, 5, 3), "f32", "Linear Rec.709", "none", "bottom-up")


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
