"""Jobs to workers, and what the workers report back into the jobs."""

from __future__ import annotations

import logging
import os
import secrets
from typing import Any

from ...shared.wire.content import content_of, described
from ...shared.wire.errors import WireError
from . import kinds
from .jobs import Jobs, memory_lost
from .ledger import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Job
from .scheduling import Turns
from .spool import Spool
from .transfers import Transfers
from .workers import Workers

ATTEMPTS = 3

log = logging.getLogger(__name__)


class Dispatch:
    """Keeps every worker busy, and believes no report but that of a job's latest attempt."""

    def __init__(self, jobs: Jobs, workers: Workers, transfers: Transfers, spool: Spool) -> None:
        self._jobs = jobs
        self._workers = workers
        self._transfers = transfers
        self._spool = spool
        self._turns = Turns()

    def hand_out(self) -> None:
        """Give every idle worker a job, as long as there are any."""
        for job in self._jobs.stranded():
            self._jobs.move(job, FAILED, error=memory_lost())
        for worker in self._workers.idle():
            job = self._turns.choose(self._jobs.waiting())
            if job is None:
                return
            job.attempt += 1
            self._jobs.move(job, RUNNING)
            results = {name: os.urandom(16) for name in kinds.find(job.request.kind).results}
            self._workers.start_job(worker, job, self._inputs(job), results)

    def cancel(self, job: Job) -> None:
        """End an open job now; its worker stops at its next step."""
        if job.open:
            self._workers.cancel(job.id)
            self._jobs.move(job, CANCELLED)

    def watch(self) -> None:
        """Look after the worker processes; the job of one that died is tried again, at most three times in all."""
        for id_, attempt in self._workers.watch():
            job = self._jobs.get(id_)
            if job is None or job.state != RUNNING or job.attempt != attempt:
                continue
            job.deaths += 1
            if job.deaths < ATTEMPTS:
                self._jobs.move(job, QUEUED)
                msg = f"The dream's worker died; trying again ({job.deaths + 1} of {ATTEMPTS})."
                self._jobs.tell(job, "warning", {"msg": msg})
            else:
                self._jobs.move(job, FAILED, error=_worker_lost())

    def receive(self) -> None:
        """Take in what the workers report."""
        for report, pixels in self._workers.receive():
            job = self._jobs.get(report.get("job", b""))
            if job is None or job.state != RUNNING or job.attempt != report["attempt"]:
                for result in report.get("results", {}).values():
                    self._spool.remove(result["blob"])
                continue
            self._take(job, report, pixels)

    def _take(self, job: Job, report: dict[str, Any], pixels: memoryview) -> None:
        match report["t"]:
            case "PROGRESS":
                fields = {name: report[name] for name in ("step", "steps", "seconds_left")}
                self._jobs.tell(job, "progress", fields)
            case "PREVIEW":
                self._jobs.tell(job, "preview", {"picture": report["picture"]}, pixels)
            case "DONE":
                for result in report["results"].values():
                    self._transfers.add_result(result["blob"], content_of(result))
                self._jobs.move(job, DONE, results=report["results"], facts=report["facts"])
                log.info("Dream %s is done", job.id.hex()[:8])
            case "LOST":
                log.error("The device was lost\n%s", report["trace"])
            case "FAILED":
                self._jobs.move(job, FAILED, error=_reported(report))
                log.warning("Dream %s failed: %s", job.id.hex()[:8], report["msg"])

    def _inputs(self, job: Job) -> dict[str, dict[str, Any]]:
        """What a worker must know of a job's inputs; the memory of the frame before is one more."""
        inputs = {
            name: {"blob": blob, **described(self._transfers.info(blob))} for name, blob in job.request.inputs.items()
        }
        before = self._jobs.before(job)
        return inputs | ({"memory": before.results["memory"]} if before and "memory" in before.results else {})


def _reported(report: dict[str, Any]) -> WireError:
    """The error a worker reports; where it kept a traceback, that goes to the log under a reference."""
    ref = ""
    if report["trace"]:
        ref = secrets.token_hex(4)
        log.error("[%s] A dream failed\n%s", ref, report["trace"])
    about = {"field": report["field"], "allowed": report["allowed"]}
    return WireError(report["code"], report["msg"], report["hint"], ref=ref, **about)


def _worker_lost() -> WireError:
    return WireError(
        "DEVICE_LOST",
        f"The process that dreams died {ATTEMPTS} times over this picture.",
        "Try fewer octaves or a smaller tile; the server's log says more.",
    )
