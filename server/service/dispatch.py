"""Jobs to workers, and what the workers report back into the jobs."""

from __future__ import annotations

import logging
import os
import secrets
from typing import Any

from ...shared.picture import PictureInfo
from ...shared.wire.errors import WireError
from .jobs import Jobs
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
        for worker in self._workers.idle():
            job = self._turns.choose(self._jobs.waiting())
            if job is None:
                return
            job.attempt += 1
            self._jobs.move(job, RUNNING)
            pictures = {name: self._transfers.info(blob).header() for name, blob in job.request.inputs.items()}
            self._workers.start_job(worker, job, os.urandom(16), pictures)

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
            if job.attempt < ATTEMPTS:
                self._jobs.move(job, QUEUED)
                msg = f"The dream's worker died; trying again ({job.attempt + 1} of {ATTEMPTS})."
                self._jobs.tell(job, "warning", {"msg": msg})
            else:
                self._jobs.move(job, FAILED, error=_worker_lost())

    def receive(self) -> None:
        """Take in what the workers report."""
        for report, pixels in self._workers.receive():
            job = self._jobs.get(report.get("job", b""))
            if job is None or job.state != RUNNING or job.attempt != report["attempt"]:
                if report["t"] == "DONE":
                    self._spool.remove(report["result"])
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
                info = PictureInfo.from_header(report["picture"])
                self._transfers.add_result(report["result"], info)
                result = {"blob": report["result"], "size": info.size, "picture": info.header()}
                self._jobs.move(job, DONE, results={"picture": result})
                log.info("Dream %s is done", job.id.hex()[:8])
            case "LOST":
                log.error("The device was lost\n%s", report["trace"])
            case "FAILED":
                self._jobs.move(job, FAILED, error=_reported(report))
                log.warning("Dream %s failed: %s", job.id.hex()[:8], report["msg"])


def _reported(report: dict[str, Any]) -> WireError:
    """The error a worker reports; where it kept a traceback, that goes to the log under a reference."""
    ref = ""
    if report["trace"]:
        ref = secrets.token_hex(4)
        log.error("[%s] A dream failed\n%s", ref, report["trace"])
    return WireError(report["code"], report["msg"], report["hint"], ref=ref)


def _worker_lost() -> WireError:
    return WireError(
        "DEVICE_LOST",
        f"The process that dreams died {ATTEMPTS} times over this picture.",
        "Try fewer octaves or a smaller tile; the server's log says more.",
    )
