"""The worker processes: started, watched, started again when they die.

One for each device of this machine, or one that stands for a whole cluster: what a worker is told and tells is the same
(`link`), and so are jobs, attempts and results.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import os
import secrets
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq

from .ledger import Job
from .link import pack, unpack
from .posts import Post, processes

RESTART_PAUSES = (0.0, 1.0, 5.0, 30.0)
# A worker that does not stop so many seconds after being told hangs, and is ended.
DEAF_AFTER = 30.0
# How many of its last jobs a worker is known by, to give it what goes on from them.
_RECENT = 8

log = logging.getLogger(__name__)


class WorkersBroken(RuntimeError):
    """A worker can't ever work, and says why: a device that is not there, say. ``hint``: what to do."""

    def __init__(self, msg: str, hint: str) -> None:
        super().__init__(msg)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Orphan:
    """An attempt at a job whose worker is gone. blamed: whether the job may be why."""

    job: bytes
    attempt: int
    blamed: bool = True


@dataclass(slots=True, eq=False)
class Worker:
    """One worker process. jobs: what it works on, with the attempts. slots: how many it takes at a time."""

    post: Post
    token: str = ""
    process: subprocess.Popen[bytes] | None = None
    route: bytes | None = None
    devices: list[dict[str, Any]] = field(default_factory=list)
    slots: int = 0
    jobs: dict[bytes, int] = field(default_factory=dict)
    recent: deque[bytes] = field(default_factory=lambda: deque(maxlen=_RECENT))
    # Since when each job should have stopped.
    stopping: dict[bytes, float] = field(default_factory=dict)
    quick_deaths: int = 0
    start_at: float = 0.0

    @property
    def idle(self) -> int:
        """How many jobs more it takes."""
        return self.slots - len(self.jobs)

    @property
    def deaf(self) -> bool:
        """Whether it has not stopped though it was told to."""
        return any(time.monotonic() - since > DEAF_AFTER for since in self.stopping.values())


class Workers:
    """All workers, and the socket they report on."""

    def __init__(self, context: zmq.Context, posts: Sequence[Post], spool: Path) -> None:
        """``posts``: one for each worker. ``spool``: the folder of blobs."""
        self.socket = context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self._address = f"tcp://127.0.0.1:{port}"
        self._spool = spool
        self._workers = [Worker(post) for post in posts]
        self._orphans: list[Orphan] = []

    @property
    def devices(self) -> list[dict[str, Any]]:
        """The devices of the workers that are ready: name, kind, memory."""
        return [device for worker in self._workers for device in worker.devices]

    @property
    def idle(self) -> int:
        """How often `start_job` may be called."""
        return sum(worker.idle for worker in self._workers)

    def working(self) -> dict[str, bool]:
        """Whether each worker has a job, by its name."""
        return {worker.post.name: bool(worker.jobs) for worker in self._workers}

    def watch(self) -> list[Orphan]:
        """Start what should run; returns what has lost its worker since the last look."""
        for worker in self._workers:
            if worker.process is not None and worker.deaf:
                log.warning("The worker on %s does not stop, and is ended", worker.post.name)
                worker.process.kill()
                worker.process.wait()
            if worker.process is not None and worker.process.poll() is not None:
                self._bury(worker)
            if worker.process is None and time.monotonic() >= worker.start_at:
                self._start(worker)
        orphans, self._orphans = self._orphans, []
        return orphans

    def start_job(self, job: Job, inputs: Mapping[str, Mapping[str, Any]], results: Mapping[str, bytes]) -> None:
        """Give an idle worker a job: the one that had the job it goes on from, if it can.

        inputs: the blob of each of the job's inputs, and what it is, as in a message. results: the blob that it is to
        write each result into.
        """
        after = job.request.after
        worker = min(
            (worker for worker in self._workers if worker.idle > 0), key=lambda worker: after not in worker.recent
        )
        worker.jobs[job.id] = job.attempt
        worker.recent.append(job.id)
        self._send(
            worker,
            "START",
            job=job.id,
            attempt=job.attempt,
            kind=job.request.kind,
            settings=job.request.settings,
            inputs=inputs,
            results=results,
            after=after,
        )

    def cancel(self, job: bytes) -> None:
        """Tell the worker that has ``job``, if any, to stop."""
        for worker in self._workers:
            if job in worker.jobs:
                worker.stopping.setdefault(job, time.monotonic())
                self._send(worker, "CANCEL", job=job)

    def receive(self) -> Iterator[tuple[dict[str, Any], memoryview]]:
        """Every report on a job that has come, with the pixels that may follow it. Raises `WorkersBroken`."""
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            worker, report = self._believe(frames)
            if worker is None:
                continue
            match report["t"]:
                case "READY":
                    self._ready(worker, frames[0].bytes, report)
                case "SAYS":
                    log.warning("The worker on %s: %s", worker.post.name, report["msg"])
                case "BROKEN":
                    raise WorkersBroken(report["msg"], report["hint"])
                case "GONE":
                    self._rid(worker, report)
                    self._orphans.append(Orphan(report["job"], report["attempt"], report["blamed"]))
                case kind:
                    if kind in ("DONE", "FAILED", "STOPPED"):
                        self._rid(worker, report)
                    yield report, frames[2].buffer if len(frames) > 2 else memoryview(b"")

    def close(self) -> None:
        """End every worker, at once."""
        processes = [worker.process for worker in self._workers if worker.process]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
        self.socket.close(linger=0)

    def _believe(self, frames: list[zmq.Frame]) -> tuple[Worker | None, dict[str, Any]]:
        """The worker whose token a report carries; None for anybody else's."""
        try:
            report = unpack(frames[1].buffer)
            token = str(report["token"]).encode()
        except (ValueError, IndexError, KeyError):
            return None, {}
        living = (worker for worker in self._workers if worker.process)
        return next((worker for worker in living if hmac.compare_digest(worker.token.encode(), token)), None), report

    def _ready(self, worker: Worker, route: bytes, report: Mapping[str, Any]) -> None:
        worker.route, worker.devices, worker.slots, worker.quick_deaths = route, report["devices"], report["slots"], 0
        known = {other.post.name for other in self._workers}
        self._workers += [Worker(post) for post in processes(report["besides"]) if post.name not in known]
        names = ", ".join(device["name"] for device in worker.devices)
        log.info("The worker on %s is ready: %s", worker.post.name, names or "no device yet")

    def _rid(self, worker: Worker, report: Mapping[str, Any]) -> None:
        worker.jobs.pop(report["job"], None)
        worker.stopping.pop(report["job"], None)

    def _start(self, worker: Worker) -> None:
        worker.token = secrets.token_hex(16)
        command = [sys.executable, "-m", worker.post.module]
        # Its standard output is ours to speak on; its standard input tells it, by ending, that we are gone.
        worker.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=sys.stderr.fileno(),
            env={**os.environ, **worker.post.environment},
        )
        log.info("The worker on %s starts (process %d)", worker.post.name, worker.process.pid)
        terms = {"address": self._address, "token": worker.token, "spool": str(self._spool), **worker.post.terms}
        assert worker.process.stdin
        with contextlib.suppress(BrokenPipeError):  # it has died already; `watch` will see
            worker.process.stdin.write(json.dumps(terms).encode() + b"\n")
            worker.process.stdin.flush()

    def _bury(self, worker: Worker) -> None:
        assert worker.process and worker.process.stdin
        with contextlib.suppress(BrokenPipeError):
            worker.process.stdin.close()
        pause = RESTART_PAUSES[min(worker.quick_deaths, len(RESTART_PAUSES) - 1)]
        what = f"; {len(worker.jobs)} of its dreams begin anew" if worker.jobs else ""
        log.warning("The worker on %s died (%s)%s", worker.post.name, worker.process.returncode, what)
        worker.quick_deaths += 1
        worker.start_at = time.monotonic() + pause
        # One that has several at a time dreams none of them itself.
        self._orphans += [Orphan(job, attempt, worker.slots == 1) for job, attempt in worker.jobs.items()]
        worker.process, worker.route, worker.token, worker.devices, worker.slots = None, None, "", [], 0
        worker.jobs.clear()
        worker.stopping.clear()
        worker.recent.clear()

    def _send(self, worker: Worker, kind: str, /, **fields: Any) -> None:
        try:
            self.socket.send_multipart([worker.route, pack(kind, fields)], flags=zmq.NOBLOCK)
        except zmq.ZMQError as error:
            # It is dying; `watch` finds it and its job.
            log.warning("The worker on %s does not listen: %s", worker.post.name, error)
