"""Every job from its acceptance to its end: the one place where a job's state changes and events are told.

Ten thousand may wait: nothing that happens to one of them looks at the others.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Any

from ...shared.wire.errors import WireError
from .ledger import FAILED, QUEUED, RECEIVING, RELEASED, SUCCESSORS, Job, Ledger, Request
from .lineage import Lineage
from .previews import fitted
from .scheduling import Queue
from .sessions import Session, Sessions
from .transfers import Transfers

# How far event numbers leap when the server starts: past every number that may have been told but not written down.
LEAP = 1 << 20
SILENCE = 60.0
# By the ledger's clock.
KEEP_RELEASED = KEEP_RESULTS = 7 * 86400.0
KEEP_UNUSED = 86400.0

log = logging.getLogger(__name__)


class Jobs:
    """The jobs that are not released, as the ledger has them, and the session each belongs to.

    waiting: those that can begin.
    """

    def __init__(self, ledger: Ledger, transfers: Transfers, sessions: Sessions) -> None:
        """Takes up what the ledger holds: what was under way when the last server ended goes on."""
        self._ledger = ledger
        self._transfers = transfers
        self._sessions = sessions
        self.waiting = Queue()
        self._jobs: dict[bytes, Job] = {}
        self._owners: dict[bytes, Session] = {}
        self._own: dict[Session, dict[bytes, Job]] = {}
        self._lineage = Lineage(ledger, self._jobs)
        self._states: Counter[str] = Counter()
        self._open: Counter[str] = Counter()
        # How many need each blob, and which jobs wait for it.
        self._uses: Counter[bytes] = Counter()
        self._wanted: dict[bytes, dict[bytes, Job]] = {}
        # Those that may wait for a memory which will never be.
        self._suspects: dict[bytes, Job] = {}
        nobody = Session()
        found = list(ledger.jobs())
        self._jobs.update((job.id, job) for job in found)
        for job in found:
            self._add(job, nobody)
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
        """The jobs that belong to a client, in the order they came to it."""
        return list(self._own.get(session, {}).values())

    def stranded(self) -> list[Job]:
        """The open jobs that wait for a memory which will never be."""
        self._suspects = {id_: job for id_, job in self._suspects.items() if self._is_stranded(job)}
        return list(self._suspects.values())

    def before(self, job: Job) -> Job | None:
        """The job that ``job`` goes on from."""
        return self._lineage.before(job)

    def check_after(self, request: Request) -> None:
        """Raises `WireError` UNKNOWN_JOB, field "after", where the memory to go on from will not be here in time."""
        if request.after:
            # That of a job which is released may go at any moment.
            before = self._jobs.get(request.after)
            if not (before and before.open) and not self._remembers(before):
                raise memory_lost()

    def count(self, *states: str) -> int:
        """How many jobs are in these states."""
        return sum(self._states[state] for state in states)

    def counts(self) -> dict[str, int]:
        """How many jobs there are in each state."""
        return {state: self._states[state] for state in SUCCESSORS if state != RELEASED}

    def open_of(self, client: str) -> int:
        """How many unfinished jobs a client has, see `Session.client`."""
        return self._open[client]

    def newest(self, count: int, skipped: int = 0) -> list[Job]:
        """The jobs that came last but for the ``skipped`` last ones, in the order they came."""
        return list(islice(reversed(self._jobs.values()), skipped, skipped + count))[::-1]

    def beginning(self, begins: bytes, count: int) -> list[Job]:
        """The first jobs, ``count`` at most, whose id begins like that."""
        return list(islice((job for job in self._jobs.values() if job.id.startswith(begins)), count))

    def retry(self, job: Job) -> None:
        """Try a failed job again, as if it had never been tried."""
        job.error, job.attempt = None, 0
        self.move(job, self._ready_state(job.request))

    def adopt(self, job: Job, session: Session) -> None:
        """Events of ``job`` go to ``session`` from now on, whose client has shown that it knows the id."""
        if job.id not in self._jobs or self._owners[job.id] is session:
            return
        self._unlist(job)
        self._disown(job)
        self._own_by(job, session)
        self._list(job)

    def enter(self, id_: bytes, request: Request, session: Session) -> Job:
        """A new job, written down."""
        job = Job(id_, request, self._ready_state(request), owner=session.user)
        self._ledger.add_job(job)
        self._jobs[id_] = job
        self._add(job, session)
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
        """Change a job's state: in the ledger, and once that is on the disk in words to its client."""
        if state != job.state:
            assert state in SUCCESSORS[job.state], f"{job.state} to {state}"
        self._unlist(job)
        job.state = state
        if results is not None:
            job.results, job.facts = results, facts or {}
            self._uses.update(result["blob"] for result in results.values())
        if error is not None:
            job.error = error.details()
        self._list(job)
        self._transfers.expect(job.id, job.request.inputs.values() if job.open else ())
        if not job.open:
            self._ended(job)
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

    def preview(self, job: Job, picture: Mapping[str, Any], pixels: memoryview) -> None:
        """Show the client how far a dream is, if its link has room for that now."""
        session = self._owners[job.id]
        if session.pieces.room:
            self.tell(job, "preview", *fitted(picture, pixels, session.pieces.size, session.unpacks))

    def tell(self, job: Job, kind: str, fields: Mapping[str, Any], chunk: bytes | memoryview | None = None) -> None:
        """Send an event that may be lost: progress, preview or warning."""
        job.n += 1
        event = {"t": "EVENT", "job": job.id, "n": job.n, "kind": kind, **fields}
        self._sessions.send(self._owners[job.id], event, chunk, lossy=kind != "warning")

    def arrived(self, blob: bytes) -> None:
        """A blob is complete: the jobs that waited for it alone are ready."""
        for job in list(self._wanted.get(blob, {}).values()):
            state = self._ready_state(job.request)
            if state != RECEIVING:
                self.move(job, state)

    def lost(self, blob: bytes) -> None:
        """A blob has gone bad: it is forgotten, and who needs it has to send it again, or can't go on."""
        self._transfers.remove(blob)
        for job in list(self._jobs.values()):
            if job.state == QUEUED and blob in job.request.inputs.values():
                self.move(job, RECEIVING)
            if job.open and job.request.after:
                self._suspects[job.id] = job

    def release(self, job: Job) -> None:
        """Forget a finished job and its blobs, but for those that other jobs need."""
        if job.state == RELEASED:
            return
        self.move(job, RELEASED)
        self._unlist(job)
        self._disown(job)
        del self._jobs[job.id]
        self._uses.update(_memory(self._lineage.release(job)))
        self._let_go([*job.blobs(), *_memory(self._lineage.leave(job))])

    def silent(self) -> list[Job]:
        """The open jobs that end in silence, and whose client has not been heard for a minute."""
        silent = (jobs.values() for session, jobs in self._own.items() if _silent(session))
        return [job for jobs in silent for job in jobs if job.open and job.request.ends_in_silence]

    def tidy(self) -> None:
        """End jobs whose pictures never came, release results nobody fetched for a week, and forget what was released
        and pictures nobody used.
        """
        now = self._ledger.now()
        self._ledger.forget_released(now - KEEP_RELEASED)
        for job in list(self._jobs.values()):
            age = now - job.touched
            if job.state == RECEIVING and age > KEEP_UNUSED and _silent(self._owners[job.id]):
                self.move(job, FAILED, error=_never_came())
            elif not job.open and age > KEEP_RESULTS:
                self.release(job)
        self._remove_unneeded([id_ for id_ in self._transfers.ids() if self._transfers.age(id_, now) > KEEP_UNUSED])

    def _add(self, job: Job, session: Session) -> None:
        self._own_by(job, session)
        self._uses.update(job.blobs())
        if job.open or job.state == FAILED:  # which may be tried again
            self._uses.update(_memory(self._lineage.enter(job)))
        self._transfers.expect(job.id, job.request.inputs.values() if job.open else ())
        if job.open and job.request.after:
            self._suspects[job.id] = job
        self._list(job)

    def _own_by(self, job: Job, session: Session) -> None:
        self._owners[job.id] = session
        self._own.setdefault(session, {})[job.id] = job

    def _disown(self, job: Job) -> None:
        session = self._owners.pop(job.id)
        del self._own[session][job.id]
        if not self._own[session]:
            del self._own[session]

    def _client(self, job: Job) -> str:
        """Whose a job is: with keys whoever asked for it, without them whoever hears of it."""
        return job.owner or self._owners[job.id].client

    def _list(self, job: Job) -> None:
        """Enter a job wherever its state and its client have it stand."""
        self._states[job.state] += 1
        if job.open:
            self._open[self._client(job)] += 1
        if job.state == QUEUED and self._can_begin(job):
            self.waiting.add(job, self._client(job))
        elif job.state == RECEIVING:
            for blob in job.request.inputs.values():
                self._wanted.setdefault(blob, {})[job.id] = job

    def _unlist(self, job: Job) -> None:
        self._states[job.state] -= 1
        if job.open:
            client = self._client(job)
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]
        self.waiting.discard(job)
        if job.state == RECEIVING:
            for blob in set(job.request.inputs.values()):
                del self._wanted[blob][job.id]
                if not self._wanted[blob]:
                    del self._wanted[blob]

    def _ended(self, job: Job) -> None:
        for follower in self._lineage.followers(job):
            if follower.open:
                self._suspects[follower.id] = follower
            if follower.state == QUEUED and self._can_begin(follower):
                self.waiting.add(follower, self._client(follower))
        if job.state != FAILED:
            self._let_go(_memory(self._lineage.leave(job)))

    def _can_begin(self, job: Job) -> bool:
        return not job.request.after or self._remembers(self.before(job))

    def _is_stranded(self, job: Job) -> bool:
        before = self.before(job)
        return job.open and not (before and before.open) and not self._remembers(before)

    def _remembers(self, job: Job | None) -> bool:
        """Whether a job ended well, and what it remembers, which may be nothing, is here."""
        if job is None or not job.results:
            return False
        return all(map(self._transfers.complete, _memory(job)))

    def _let_go(self, blobs: list[bytes]) -> None:
        self._uses.subtract(blobs)
        self._remove_unneeded(blobs)

    def _remove_unneeded(self, blobs: list[bytes]) -> None:
        for blob in blobs:
            if self._uses[blob] <= 0:
                del self._uses[blob]
                self._transfers.remove(blob)

    def _ready_state(self, request: Request) -> str:
        complete = all(self._transfers.complete(blob) for blob in request.inputs.values())
        return QUEUED if complete else RECEIVING


def _silent(session: Session) -> bool:
    """Whether a client has not been heard for a minute."""
    return session.heard < time.monotonic() - SILENCE


def _never_came() -> WireError:
    return WireError(
        "UNKNOWN_BLOB", "The pictures for this dream never came whole, for a day.", "Ask for the dream again."
    )


def memory_lost() -> WireError:
    """The error of a frame that can't go on from the one before."""
    return WireError(
        "UNKNOWN_JOB",
        "The server no longer has the memory of the frame before.",
        "Dream the shot from its first frame.",
        field="after",
        allowed="a frame that is not released and has not failed",
    )


def _memory(job: Job | None) -> list[bytes]:
    """The blob of what a job remembers, where it remembers anything."""
    return [job.results["memory"]["blob"]] if job and "memory" in job.results else []
