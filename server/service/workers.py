"""The worker processes, one for each device: started, watched, started again when they die."""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import math
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import zmq

from .ledger import Job
from .link import pack, unpack

RESTART_PAUSES = (0.0, 1.0, 5.0, 30.0)
# A worker that does not stop so many seconds after being told hangs, and is ended.
DEAF_AFTER = 30.0

log = logging.getLogger(__name__)


class WorkersBroken(RuntimeError):
    """A worker can't ever work, and says why: a device that is not there, say. ``hint``: what to do."""

    def __init__(self, msg: str, hint: str) -> None:
        super().__init__(msg)
        self.hint = hint


class Worker:
    """One worker process. ``job``: what it works on, with the attempt; None when it is idle."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.token = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.route: bytes | None = None
        self.devices: list[dict[str, Any]] = []
        self.job: tuple[bytes, int] | None = None
        self.told_to_stop = math.inf
        self.quick_deaths = 0
        self.start_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether it waits for work."""
        return self.route is not None and self.job is None


class Workers:
    """All workers, and the socket they report on."""

    def __init__(self, context: zmq.Context, devices: list[str], spool: Path) -> None:
        """``devices``: one name for each worker, as `pick_device` takes it. ``spool``: the folder of blobs."""
        self.socket = context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self._address = f"tcp://127.0.0.1:{port}"
        self._spool = spool
        self._workers = [Worker(device) for device in devices]

    @property
    def devices(self) -> list[dict[str, Any]]:
        """The devices of the workers that are ready: name, kind, memory."""
        return [device for worker in self._workers for device in worker.devices]

    def working(self) -> dict[str, bool]:
        """Whether each worker has a job, by its device."""
        return {worker.device: worker.job is not None for worker in self._workers}

    def idle(self) -> Iterator[Worker]:
        """The workers that wait for work."""
        return (worker for worker in self._workers if worker.idle)

    def watch(self) -> list[tuple[bytes, int]]:
        """Start what should run; returns the jobs (id, attempt) of workers that have died since the last look."""
        orphans = []
        for worker in self._workers:
            if worker.process is not None and time.monotonic() - worker.told_to_stop > DEAF_AFTER:
                log.warning("The worker on %s does not stop, and is ended", worker.device)
                worker.process.kill()
                worker.process.wait()
            if worker.process is not None and worker.process.poll() is not None:
                orphans += [worker.job] if worker.job else []
                self._bury(worker)
            if worker.process is None and time.monotonic() >= worker.start_at:
                self._start(worker)
        return orphans

    def start_job(
        self, worker: Worker, job: Job, inputs: Mapping[str, Mapping[str, Any]], results: Mapping[str, bytes]
    ) -> None:
        """Give an idle worker a job.

        inputs: the blob of each of the job's inputs, and what it is, as in a message. results: the blob that it is to
        write each result into.
        """
        worker.job = (job.id, job.attempt)
        self._send(
            worker,
            "START",
            job=job.id,
            attempt=job.attempt,
            kind=job.request.kind,
            settings=job.request.settings,
            inputs=inputs,
            results=results,
        )

    def cancel(self, job: bytes) -> None:
        """Tell the worker that has ``job``, if any, to stop."""
        for worker in self._workers:
            if worker.job and worker.job[0] == job:
                worker.told_to_stop = min(worker.told_to_stop, time.monotonic())
                self._send(worker, "CANCEL", job=job)

    def receive(self) -> Iterator[tuple[dict[str, Any], memoryview]]:
        """Every report that has come, with the pixels that may follow it. Raises `WorkersBroken`."""
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            worker, report = self._believe(frames)
            if worker is None:
                continue
            if report["t"] == "READY":
                worker.route, worker.devices, worker.quick_deaths = frames[0].bytes, report["devices"], 0
                log.info("The worker on %s is ready", ", ".join(device["name"] for device in worker.devices))
            elif report["t"] == "BROKEN":
                raise WorkersBroken(report["msg"], report["hint"])
            if report["t"] in ("DONE", "FAILED", "STOPPED"):
                worker.job, worker.told_to_stop = None, math.inf
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

    def _start(self, worker: Worker) -> None:
        worker.token = secrets.token_hex(16)
        command = [sys.executable, "-m", "reverie.server.service.worker"]
        # Its standard output is ours to speak on; its standard input tells it, by ending, that we are gone.
        worker.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr.fileno())
        log.info("The worker on %s starts (process %d)", worker.device, worker.process.pid)
        order = {
            "address": self._address,
            "token": worker.token,
            "device": worker.device,
            "spool": str(self._spool),
        }
        assert worker.process.stdin
        with contextlib.suppress(BrokenPipeError):  # it has died already; `watch` will see
            worker.process.stdin.write(json.dumps(order).encode() + b"\n")
            worker.process.stdin.flush()

    def _bury(self, worker: Worker) -> None:
        assert worker.process and worker.process.stdin
        with contextlib.suppress(BrokenPipeError):
            worker.process.stdin.close()
        pause = RESTART_PAUSES[min(worker.quick_deaths, len(RESTART_PAUSES) - 1)]
        log.warning("The worker on %s died (%s)", worker.device, worker.process.returncode)
        worker.quick_deaths += 1
        worker.start_at = time.monotonic() + pause
        worker.process, worker.route, worker.job, worker.token, worker.devices = None, None, None, "", []
        worker.told_to_stop = math.inf

    def _send(self, worker: Worker, kind: str, /, **fields: Any) -> None:
        try:
            self.socket.send_multipart([worker.route, pack(kind, fields)], flags=zmq.NOBLOCK)
        except zmq.ZMQError as error:
            # It is dying; `watch` finds it and its job.
            log.warning("The worker on %s does not listen: %s", worker.device, error)
