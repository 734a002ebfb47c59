"""The watch over worker processes, with a real worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

from reverie.server.service import workers as watched
from reverie.server.service.ledger import QUEUED, Job, Request
from reverie.server.service.posts import processes
from reverie.server.service.spool import Spool
from reverie.shared.picture import PictureInfo
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.content import described


def look_until(workers: watched.Workers, done: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        workers.watch()
        list(workers.receive())
        time.sleep(0.02)


def test_a_worker_that_hangs_is_replaced_once_its_job_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "DEAF_AFTER", 0.5)
    context = zmq.Context()
    workers = watched.Workers(context, processes(["cpu"]), tmp_path)
    try:
        look_until(workers, lambda: workers.idle > 0)
        (worker,) = workers._workers
        assert worker.process
        hung = worker.process.pid
        os.kill(hung, signal.SIGSTOP)
        info = PictureInfo((64, 64, 3), "u8")
        Spool(tmp_path).write(b"i" * 16, memoryview(bytes(info.size)))
        job = Job(b"j" * 16, Request("still", DreamSettings().record(), {"picture": b"i" * 16}, "interactive"), QUEUED)
        inputs = {"picture": {"blob": b"i" * 16, **described(info)}}
        workers.start_job(job, inputs, {"picture": b"r" * 16})
        workers.cancel(job.id)
        look_until(workers, lambda: workers.idle > 0)
        assert worker.process.pid != hung
    finally:
        workers.close()
        context.destroy(linger=0)
