"""The ledger: which jobs and blobs exist and how far they are, in SQLite. What it says is the truth.

Whatever anybody is told is on the disk before. As waiting for the disk takes longer than everything else, what many
turns of the server's loop have written goes there in one transaction, on a thread of its own (group commit: DeWitt et
al. 1984, Implementation Techniques for Main Memory Database Systems), and what is to be said about it is said when that
has returned: see `Ledger.when_durable`.

Time is that of the ledger's own clock, which runs while a server does: a wall clock that jumps, or a summer's holidays,
throw nothing away.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack

from ...shared.picture import PictureInfo
from ...shared.wire.content import Content, FileInfo
from .background import Background
from .database import Database, Row

RECEIVING, QUEUED, RUNNING = "RECEIVING", "QUEUED", "RUNNING"
DONE, FAILED, CANCELLED, RELEASED = "DONE", "FAILED", "CANCELLED", "RELEASED"
OPEN = frozenset({RECEIVING, QUEUED, RUNNING})
SUCCESSORS: Mapping[str, frozenset[str]] = {
    RECEIVING: frozenset({QUEUED, FAILED, CANCELLED}),
    QUEUED: frozenset({RECEIVING, RUNNING, FAILED, CANCELLED}),
    RUNNING: frozenset({RECEIVING, QUEUED, DONE, FAILED, CANCELLED}),
    DONE: frozenset({RELEASED}),
    # Back only where whoever keeps the server wants it tried again.
    FAILED: frozenset({RELEASED, RECEIVING, QUEUED}),
    CANCELLED: frozenset({RELEASED}),
    RELEASED: frozenset(),
}

# After how many seconds a commit that the disk refused is tried again.
RETRY = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for. Two requests under one job id must be equal, or they are in conflict.

    settings: the complete record of the settings, defaults filled in. inputs: blob ids by name.
    urgency: "interactive" or "batch". after: the job of the frame before, whose memory this one goes on from. lasting:
    its client has written the id down and comes back for it, however long it is silent.
    """

    kind: str
    settings: dict[str, Any]
    inputs: dict[str, bytes]
    urgency: str
    after: bytes | None = None
    lasting: bool = False

    @property
    def ends_in_silence(self) -> bool:
        """Whether nobody will want it once its client has been silent for long."""
        return self.urgency == "interactive" and not self.lasting

    def packed(self) -> bytes:
        """The request as stored."""
        return _packed([self.kind, self.settings, self.inputs, self.urgency, self.after, self.lasting])


@dataclass(slots=True)
class Job:
    """One row of the ledger.

    attempt: dispatches so far. n: number of the last event told, of any kind. told: number of the last state event.
    results: {name: {"blob", "size", "picture" or "file"}} when DONE. facts: what else is known of the results.
    error: the fields of an ERR when FAILED. place: the order jobs came in. touched: when it changed last, by the
    ledger's clock. owner: the public key of the client whose it is, "" without keys. deaths: workers lost over it, of
    late.
    """

    id: bytes
    request: Request
    state: str = RECEIVING
    attempt: int = 0
    n: int = 0
    told: int = 0
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    place: int = 0
    touched: float = 0.0
    owner: str = ""
    deaths: int = 0

    @property
    def open(self) -> bool:
        """Whether its state can still change by itself."""
        return self.state in OPEN

    def blobs(self) -> Iterator[bytes]:
        """Every blob the job needs kept."""
        yield from self.request.inputs.values()
        yield from (result["blob"] for result in self.results.values())


@dataclass(slots=True)
class Blob:
    """Bytes in the spool and what they mean. ``complete`` once all of them are on disk.

    owner: whose it is, as of a job. checksums: as `Checksums` packs them, of a blob that is complete; empty of one
    that an older server has entered.
    """

    id: bytes
    info: Content
    complete: bool = False
    touched: float = 0.0
    owner: str = ""
    checksums: bytes = b""


class Ledger:
    """The tables of jobs and blobs. All methods are for one thread; what they write goes to the disk on another."""

    def __init__(self, path: Path, background: Background | None = None) -> None:
        """Open or create the ledger at ``path``. ``background``: where to wait for the disk; None: where one stands.

        Raises `SpoolInUse`.
        """
        self._db = Database(path)
        self._background = background
        self._unwritten: dict[tuple[str, Any], Row | None] = {}
        self._underway: dict[tuple[str, Any], Row | None] = {}
        self._acts: list[Callable[[], None]] = []
        self._acts_underway: list[Callable[[], None]] = []
        self._writing = False
        self._retry_at = 0.0
        # Whether the disk refused the last commit.
        self.stuck = False
        running = max((row[1] for row in self._db.rows("clock")), default=0.0)
        self._epoch = time.monotonic() - running
        self._places = max((row[1] for row in self._db.rows("jobs", "ORDER BY place DESC LIMIT 1")), default=0)
        self._released = {row[0] for row in self._db.rows("jobs", "WHERE state = ?", RELEASED)}

    def close(self) -> None:
        """Write what is unwritten, and let go of the database and its lock."""
        self._acts, self._acts_underway, self._retry_at = [], [], 0.0
        if self._background:
            self._background.close()
            self._background.finish()
            self._background = None
        try:
            self.commit()
        except sqlite3.Error as error:
            # Nobody has been told of it.
            log.error("The disk refuses what the ledger writes last: %s", error)
        finally:
            self._db.close()

    def now(self) -> float:
        """Seconds that servers have run on this ledger."""
        return time.monotonic() - self._epoch

    def when_durable(self, act: Callable[[], None]) -> None:
        """Call ``act`` once all that has been written so far is on the disk; at once where it is."""
        if self._unwritten:
            self._acts.append(act)
        elif self._writing:
            self._acts_underway.append(act)
        else:
            act()

    def commit(self) -> None:
        """Have what is unwritten written, unless something is being written just now: that is called a turn later."""
        if self._writing or not self._unwritten or time.monotonic() < self._retry_at:
            return
        self._unwritten["clock", 0] = (0, self.now())
        self._underway, self._unwritten = self._unwritten, {}
        self._acts_underway, self._acts = self._acts, []
        self._writing = True
        batch = self._underway
        if self._background:
            self._background.run(lambda: self._db.write(batch), self._written)
        else:
            self._db.write(batch)
            self._written(None)

    def finish(self) -> None:
        """Do what was to be done once a commit is on the disk, if one has come there."""
        if self._background:
            self._background.finish()

    def jobs(self) -> Iterator[Job]:
        """Every job that is not released, in the order they came in."""
        self.commit()
        for row in self._db.rows("jobs", "WHERE state != ? ORDER BY place", RELEASED):
            yield _job(row)

    def job(self, job: bytes) -> Job | None:
        """The job of that id, where it is released."""
        if job not in self._released:
            return None
        for rows in (self._unwritten, self._underway):
            row = rows.get(("jobs", job))
            if row:
                return _job(row)
        return next(map(_job, self._db.rows("jobs", "WHERE id = ?", job)), None)

    def add_job(self, job: Job) -> None:
        """Enter a new job; gives it its ``place``."""
        self._places += 1
        job.place = self._places
        self.save_job(job)

    def save_job(self, job: Job) -> None:
        """Write down a job's state, attempt, events and outcome."""
        job.touched = self.now()
        if job.state == RELEASED:
            self._released.add(job.id)
        request, outcome = job.request.packed(), _outcome(job)
        row = (job.id, job.place, request, job.state, job.attempt, job.n, outcome, job.owner, job.touched)
        self._unwritten["jobs", job.id] = row

    def forget_released(self, before: float) -> None:
        """Strike out the jobs that were released ``before`` a time of the ledger's clock."""
        self.commit()
        for id_, *_ in list(self._db.rows("jobs", "WHERE state = ? AND touched < ?", RELEASED, before)):
            self._released.discard(id_)
            self._unwritten["jobs", id_] = None

    def blobs(self) -> Iterator[Blob]:
        """Every blob."""
        self.commit()
        for id_, picture, complete, owner, checksums, touched in self._db.rows("blobs"):
            yield Blob(id_, _content(msgpack.unpackb(picture)), bool(complete), touched, owner, checksums)

    def save_blob(self, blob: Blob) -> None:
        """Enter a blob, or write down that it is complete."""
        blob.touched = self.now()
        picture = _packed(_stored(blob.info))
        row = (blob.id, picture, int(blob.complete), blob.owner, blob.checksums, blob.touched)
        self._unwritten["blobs", blob.id] = row

    def forget_blob(self, blob: bytes) -> None:
        """Strike a blob out."""
        self._unwritten["blobs", blob] = None

    def _written(self, error: BaseException | None) -> None:
        self._writing = False
        underway, acts = self._underway, self._acts_underway
        self._underway, self._acts_underway = {}, []
        if error:
            if not self.stuck:
                log.error("The disk refuses what the ledger writes; it is tried again: %s", error)
            self.stuck, self._retry_at = True, time.monotonic() + RETRY
            self._unwritten, self._acts = underway | self._unwritten, acts + self._acts
            return
        if self.stuck:
            log.info("The disk takes what the ledger writes again")
        self.stuck = False
        for act in acts:
            act()


def _job(row: Row) -> Job:
    id_, place, request, state, attempt, n, outcome, owner, touched = row
    results, error, *facts = msgpack.unpackb(outcome)
    asked = Request(*msgpack.unpackb(request))
    return Job(id_, asked, state, attempt, n, n, results, facts[0] if facts else {}, error, place, touched, owner)


def _outcome(job: Job) -> bytes:
    return _packed([job.results, job.error, job.facts])


def _stored(info: Content) -> dict[str, Any]:
    return info.header() | ({"size": info.size} if isinstance(info, FileInfo) else {})


def _content(stored: Mapping[str, Any]) -> Content:
    if "suffix" in stored:
        return FileInfo(stored["size"], stored["suffix"])
    return PictureInfo.from_header(stored)


def _packed(value: Any) -> bytes:
    frame = msgpack.packb(value)
    assert frame is not None
    return frame
