"""Every job from its acceptance to its end: the one place where a job's state changes and events are told."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ...shared.wire.errors import WireError
from .ledger import QUEUED, RECEIVING, RELEASED, SUCCESSORS, Job, Ledger, Request
from .sessions import Session, Sessions
from .transfers import Transfers

# How far event numbers leap when the server starts: past every number that may have been told but not written down.
LEAP = 1 << 20
SILENCE = 60.0
KEEP_RELEASED = KEEP_RESULTS = 7 * 86400.0
KEEP_UNUSED = 86400.0

log = logging.getLogger(__name__)


class Jobs:
    """The jobs that are not released, as the ledger has them, and the session each belongs to."""

    def __init__(self, ledger: Ledger, transfers: Transfers, sessions: Sessions) -> None:
        """Takes up what the ledger holds: what was under way when the last server ended goes on."""
        self._ledger = ledger
        self._transfers = transfers
        self._sessions = sessions
        self._jobs: dict[bytes, Job] = {}
        self._owners: dict[bytes, Session] = {}
        nobody = Session()
        for job in ledger.jobs():
            self._jobs[job.id] = job
            self._owners[job.id] = nobody
            if job.open:
                job.n += LEAP
                self.move(job, self._ready_state(job.request))

    def get(self, job: bytes) -> Job | None:
        """The job of that id; of one that is released, what the ledger says of it."""
        return self._jobs.get(job) or self._ledger.job(job)

    def find(self, job: bytes) -> Job:
        """The job of that id. Raises `WireError` UNKNOWN_JOB."""
        found = self.get(job)
        if found is None:
            raise WireError("UNKNOWN_JOB", "The server does not know this dream.", "Start it again.")
        return found

    def of(self, session: Session) -> list[Job]:
        """The jobs that belong to a client, in the order they came in."""
        return [job for job in self._jobs.values() if self._owners[job.id] is session]

    def waiting(self) -> Iterator[tuple[Job, Session]]:
        """Every job that can begin, and its client."""
        queued = (job for job in self._jobs.values() if job.state == QUEUED)
        return (
            (job, self._owners[job.id]) for job in queued if not job.request.after or self._remembers(self.before(job))
        )

    def stranded(self) -> list[Job]:
        """The open jobs that wait for a memory which will never be."""
        followers = ((job, self.before(job)) for job in self._jobs.values() if job.open and job.request.after)
        return [job for job, before in followers if not (before and before.open) and not self._remembers(before)]

    def before(self, job: Job) -> Job | None:
        """The job that ``job`` goes on from."""
        return self.get(job.request.after) if job.request.after else None

    def check_after(self, request: Request) -> None:
        """Raises `WireError` UNKNOWN_JOB, field "after", where the memory to go on from will not be here in time."""
        if request.after:
            # That of a job which is released may go at any moment.
            before = self._jobs.get(request.after)
            if not (before and before.open) and not self._remembers(before):
                raise memory_lost()

    def _remembers(self, job: Job | None) -> bool:
        """Whether a job ended well, and what it remembers, which may be nothing, is here."""
        if job is None or not job.results:
            return False
        return "memory" not in job.results or self._transfers.complete(job.results["memory"]["blob"])

    def count(self, *states: str) -> int:
        """How many jobs are in these states."""
        return sum(job.state in states for job in self._jobs.values())

    def counts(self) -> dict[str, int]:
        """How many jobs there are in each state."""
        return {state: 0 for state in SUCCESSORS if state != RELEASED} | Counter(
            job.state for job in self._jobs.values()
        )

    def newest(self, count: int) -> list[Job]:
        """The jobs that came last, in the order they came."""
        return list(self._jobs.values())[-count:]

    def retry(self, job: Job) -> None:
        """Try a failed job again, as if it had never been tried."""
        job.error, job.attempt = None, 0
        self.move(job, self._ready_state(job.request))

    def adopt(self, job: Job, session: Session) -> None:
        """Events of ``job`` go to ``session`` from now on, whose client has shown that it knows the id."""
        if job.id in self._jobs:
            self._owners[job.id] = session

    def enter(self, id_: bytes, request: Request, session: Session) -> Job:
        """A new job, written down."""
        job = Job(id_, request, self._ready_state(request))
        self._ledger.add_job(job)
        self._jobs[id_] = job
        self._owners[id_] = session
        return job

    def move(
        self,
        job: Job,
        state: str,
        *,
        results: dict[str, Any] | None = None,
        facts: dict[str, Any] | None = None,
        error: WireError | None = None,
    ) -> None:
        """Change a job's state: first in the ledger, then in words to its client."""
        if state != job.state:
            assert state in SUCCESSORS[job.state], f"{job.state} to {state}"
        job.state = state
        if results is not None:
            job.results, job.facts = results, facts or {}
        if error is not None:
            job.error = error.details()
        job.n += 1
        job.told = job.n
        self._ledger.save_job(job)
        self.tell_state(job)

    def tell_state(self, job: Job) -> None:
        """Send (once more) the event of the state a job is in."""
        event: dict[str, Any] = {"t": "EVENT", "job": job.id, "n": job.told, "kind": "state", "state": job.state}
        if job.results:
            event |= {"results": job.results, "facts": job.facts}
        if job.error:
            event["error"] = job.error
        if job.id in self._owners:
            self._sessions.send(self._owners[job.id], event)

    def tell(self, job: Job, kind: str, fields: Mapping[str, Any], chunk: bytes | memoryview | None = None) -> None:
        """Send an event that may be lost: progress, preview or warning."""
        job.n += 1
        event = {"t": "EVENT", "job": job.id, "n": job.n, "kind": kind, **fields}
        self._sessions.send(self._owners[job.id], event, chunk, lossy=kind != "warning")

    def arrived(self, blob: bytes) -> None:
        """A blob is complete: the jobs that waited for it alone are ready."""
        for job in list(self._jobs.values()):
            if job.state == RECEIVING and blob in job.request.inputs.values():
                state = self._ready_state(job.request)
                if state != RECEIVING:
                    self.move(job, state)

    def release(self, job: Job) -> None:
        """Forget a finished job and its blobs, but for those that other jobs need."""
        if job.state == RELEASED:
            return
        before = self.before(job)
        blobs = set(job.blobs()) | (set(before.blobs()) if before else set())
        self.move(job, RELEASED)
        del self._jobs[job.id], self._owners[job.id]
        self._remove_unneeded(blobs)

    def silent(self) -> list[Job]:
        """The open jobs that end in silence, and whose client has not been heard for a minute."""
        horizon = time.monotonic() - SILENCE
        return [
            job
            for job in self._jobs.values()
            if job.open and job.request.ends_in_silence and self._owners[job.id].heard < horizon
        ]

    def tidy(self) -> None:
        """Release results nobody fetched for a week, and forget what was released and pictures nobody used."""
        now = time.time()
        self._ledger.forget_released(now - KEEP_RELEASED)
        for job in list(self._jobs.values()):
            if not job.open and now - job.touched > KEEP_RESULTS:
                self.release(job)
        self._remove_unneeded({id_ for id_ in self._transfers.ids() if self._transfers.age(id_, now) > KEEP_UNUSED})

    def _remove_unneeded(self, blobs: set[bytes]) -> None:
        needed = {blob for job in self._jobs.values() for blob in job.blobs()}
        # The memory of a job that is released already, where an open one goes on from it.
        befores = (self.before(job) for job in self._jobs.values() if job.open)
        needed |= {before.results["memory"]["blob"] for before in befores if before and "memory" in before.results}
        for blob in blobs - needed:
            self._transfers.remove(blob)

    def _ready_state(self, request: Request) -> str:
        complete = all(self._transfers.complete(blob) for blob in request.inputs.values())
        return QUEUED if complete else RECEIVING


def memory_lost() -> WireError:
    """The error of a frame that can't go on from the one before."""
    return WireError(
        "UNKNOWN_JOB",
        "The server no longer has the memory of the frame before.",
        "Dream the shot from its first frame.",
        field="after",
        allowed="a frame that is not released and has not failed",
    )
