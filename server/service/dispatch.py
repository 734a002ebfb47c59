"""Jobs to workers, and what the workers report back into the jobs."""

from __future__ import annotations

import logging
import os
import secrets
from typing import Any

from ...shared.wire.content import content_of, described
from ...shared.wire.errors import WireError
from . import kinds
from .background import Background
from .jobs import Jobs, memory_lost
from .ledger import CANCELLED, DONE, FAILED, QUEUED, RECEIVING, RUNNING, Job, Ledger
from .room import no_space
from .spool import Rotten, Spool
from .transfers import Transfers
from .workers import Workers

ATTEMPTS = 3

log = logging.getLogger(__name__)


class Dispatch:
    """Keeps every worker busy, and believes no report but that of a job's latest attempt.

    An attempt is in the ledger before a worker hears of it, and what a worker made is on the disk before its job is
    done. Nobody waits for either but that one job.
    """

    def __init__(
        self,
        ledger: Ledger,
        jobs: Jobs,
        workers: Workers,
        transfers: Transfers,
        spool: Spool,
        reading: Background,
        writing: Background,
    ) -> None:
        """``reading``, ``writing``: where to wait for the disk with blobs."""
        self._ledger = ledger
        self._jobs = jobs
        self._workers = workers
        self._transfers = transfers
        self._spool = spool
        self._reading = reading
        self._writing = writing
        # Where a worker is to put what it makes, by job and attempt.
        self._promised: dict[tuple[bytes, int], list[bytes]] = {}
        # What is about to be given to a worker: job and attempt.
        self._beginning: set[tuple[bytes, int]] = set()
        # Whether nothing more is begun: the server ends when what runs is done.
        self.draining = False

    def hand_out(self) -> None:
        """Give every idle worker a job, as long as there are any and the server is not to end."""
        for job in self._jobs.stranded():
            self._jobs.move(job, FAILED, error=memory_lost())
        while self._workers.idle > len(self._beginning) and not self.draining:
            job = self._jobs.waiting.take()
            if job is None:
                return
            job.attempt += 1
            self._jobs.move(job, RUNNING)
            self._prepare(job)

    def cancel(self, job: Job) -> None:
        """End an open job now; its worker stops at its next step."""
        if job.open:
            self._workers.cancel(job.id)
            self._jobs.move(job, CANCELLED)

    def watch(self) -> None:
        """Look after the worker processes; a job whose worker died is tried again, at most three times in all.

        What was only lost along with others, as when a whole cluster is, is tried as often as it takes.
        """
        for orphan in self._workers.watch():
            self._discard((orphan.job, orphan.attempt))
            job = self._jobs.get(orphan.job)
            if job is None or job.state != RUNNING or job.attempt != orphan.attempt:
                continue
            job.deaths += orphan.blamed
            if job.deaths < ATTEMPTS:
                self._jobs.move(job, QUEUED)
                count = f" ({job.deaths + 1} of {ATTEMPTS})" if orphan.blamed else ""
                self._jobs.tell(job, "warning", {"msg": f"The dream's worker died; trying again{count}."})
            else:
                self._jobs.move(job, FAILED, error=_worker_lost())

    def receive(self) -> None:
        """Take in what the workers report."""
        for report, pixels in self._workers.receive():
            attempt = (report["job"], report["attempt"])
            job = self._jobs.get(report["job"])
            wanted = job is not None and self._is_at(job, attempt)
            if report["t"] in ("FAILED", "STOPPED") or (report["t"] == "DONE" and not wanted):
                self._discard(attempt)
            if job and wanted:
                self._take(job, report, pixels)

    def _take(self, job: Job, report: dict[str, Any], pixels: memoryview) -> None:
        match report["t"]:
            case "PROGRESS":
                fields = {name: report[name] for name in ("step", "steps", "seconds_left")}
                self._jobs.tell(job, "progress", fields)
            case "PREVIEW":
                self._jobs.preview(job, report["picture"], pixels)
            case "DONE":
                self._settle(job, report)
            case "LOST":
                log.error("The device was lost\n%s", report["trace"])
            case "FAILED":
                self._jobs.move(job, FAILED, error=_reported(report))
                log.warning("Dream %s failed: %s", job.id.hex()[:8], report["msg"])

    def _prepare(self, job: Job) -> None:
        """Have what a job dreams on compared with its checksums, and once its attempt is in the ledger begin."""
        attempt = _attempt(job)
        inputs = self._inputs(job)
        sums = {content["blob"]: self._transfers.checksums(content["blob"]) for content in inputs.values()}
        self._beginning.add(attempt)

        def read(error: BaseException | None) -> None:
            self._ledger.when_durable(lambda: self._begin(job, attempt, inputs, error))

        self._reading.run(lambda: self._spool.check(sums), read)

    def _begin(
        self, job: Job, attempt: tuple[bytes, int], inputs: dict[str, dict[str, Any]], error: BaseException | None
    ) -> None:
        self._beginning.discard(attempt)
        if not self._is_at(job, attempt):
            return
        if isinstance(error, Rotten):
            self._lose(job, error.blob)
        elif not self._workers.idle:  # it has died meanwhile
            self._jobs.move(job, QUEUED)
        else:
            results = {name: os.urandom(16) for name in kinds.find(job.request.kind).results}
            self._promised[attempt] = list(results.values())
            self._workers.start_job(job, inputs, results)

    def _lose(self, job: Job, blob: bytes) -> None:
        """A blob that a job needs has rotted: its client sends it again; a memory is gone for good."""
        log.error("Blob %s has rotted on the disk", blob.hex())
        if blob in job.request.inputs.values():
            self._jobs.move(job, RECEIVING)
        else:
            self._jobs.move(job, FAILED, error=memory_lost())
        self._jobs.lost(blob)

    def _settle(self, job: Job, report: dict[str, Any]) -> None:
        """Make what a worker has made durable; then its job is done."""
        attempt, results = _attempt(job), report["results"]
        sums: dict[bytes, bytes] = {}

        def settle() -> None:
            sums.update(self._spool.settle([result["blob"] for result in results.values()]))

        def settled(error: BaseException | None) -> None:
            if error or not self._is_at(job, attempt):
                self._discard(attempt)
            if not self._is_at(job, attempt):
                return
            if error:
                log.error("The spool can't keep what was dreamed: %s", error)
                self._jobs.move(job, FAILED, error=no_space())
                return
            self._promised.pop(attempt, None)
            for result in results.values():
                self._transfers.add_result(result["blob"], content_of(result), job.owner, sums[result["blob"]])
            self._jobs.move(job, DONE, results=results, facts=report["facts"])
            log.info("Dream %s is done", job.id.hex()[:8])

        self._writing.run(settle, settled)

    def _is_at(self, job: Job, attempt: tuple[bytes, int]) -> bool:
        return job.state == RUNNING and _attempt(job) == attempt

    def _discard(self, attempt: tuple[bytes, int]) -> None:
        """Remove whatever a worker has left of an attempt that came to nothing."""
        for blob in self._promised.pop(attempt, ()):
            self._spool.remove(blob)

    def _inputs(self, job: Job) -> dict[str, dict[str, Any]]:
        """What a worker must know of a job's inputs; the memory of the frame before is one more."""
        inputs = {
            name: {"blob": blob, **described(self._transfers.info(blob))} for name, blob in job.request.inputs.items()
        }
        before = self._jobs.before(job)
        return inputs | ({"memory": before.results["memory"]} if before and "memory" in before.results else {})


def _attempt(job: Job) -> tuple[bytes, int]:
    return job.id, job.attempt


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
