"""The ledger: which jobs and blobs exist and how far they are, in SQLite. What it says is the truth.

A state is in here before anybody is told of it, and outlives every process. Should the machine itself go down, the last
few states may be missing, never a state told of before one that is here: a client that knows better asks, and sends
again; a server that knows less dreams again. That spares a wait for the disk at each of a frame's dozen steps.

The database is held under SQLite's exclusive lock for as long as the server lives, so that two servers never share a
spool; the lock goes with the process, however it ends.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack

from ...shared.picture import PictureInfo
from ...shared.wire.content import Content, FileInfo

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

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    request BLOB NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    n INTEGER NOT NULL,
    outcome BLOB NOT NULL,
    touched REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS blobs (
    id BLOB PRIMARY KEY,
    picture BLOB NOT NULL,
    complete INTEGER NOT NULL,
    touched REAL NOT NULL
);
"""

_COLUMNS = "id, request, state, attempt, n, outcome, place, touched"


class SpoolInUse(RuntimeError):
    """Another server holds this spool. ``hint``: what to do."""

    hint = "Stop that one, or choose another folder with --spool."


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
    error: the fields of an ERR when FAILED. place: the order jobs came in. deaths: workers lost over it, of late.
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
    """Bytes in the spool and what they mean. ``complete`` once all of them are on disk."""

    id: bytes
    info: Content
    complete: bool = False
    touched: float = 0.0


class Ledger:
    """The tables of jobs and blobs. What a method has written is safe from the end of this process when it returns."""

    def __init__(self, path: Path) -> None:
        """Open or create the ledger at ``path``. Raises `SpoolInUse` when another process has it open."""
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0.0)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN EXCLUSIVE")
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._db.close()
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise SpoolInUse("Another server already uses this spool.") from error

    def close(self) -> None:
        """Let go of the database and its lock."""
        self._db.close()

    def jobs(self) -> Iterator[Job]:
        """Every job that is not released, in the order they came in."""
        for row in self._db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE state != ? ORDER BY place", (RELEASED,)):
            yield _job(row)

    def job(self, job: bytes) -> Job | None:
        """The job of that id, released ones too."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
        return _job(row) if row else None

    def add_job(self, job: Job) -> None:
        """Enter a new job; gives it its ``place``."""
        job.touched = time.time()
        row = (job.id, job.request.packed(), job.state, job.attempt, job.n, _outcome(job), job.touched)
        cursor = self._db.execute(
            "INSERT INTO jobs (id, request, state, attempt, n, outcome, touched) VALUES (?, ?, ?, ?, ?, ?, ?)", row
        )
        job.place = cursor.lastrowid or 0

    def save_job(self, job: Job) -> None:
        """Write down a job's state, attempt, events and outcome."""
        job.touched = time.time()
        self._db.execute(
            "UPDATE jobs SET state = ?, attempt = ?, n = ?, outcome = ?, touched = ? WHERE id = ?",
            (job.state, job.attempt, job.n, _outcome(job), job.touched, job.id),
        )

    def forget_released(self, before: float) -> None:
        """Strike out the jobs that were released ``before`` a time (`time.time`)."""
        self._db.execute("DELETE FROM jobs WHERE state = ? AND touched < ?", (RELEASED, before))

    def blobs(self) -> Iterator[Blob]:
        """Every blob."""
        for id_, picture, complete, touched in self._db.execute("SELECT id, picture, complete, touched FROM blobs"):
            yield Blob(id_, _content(msgpack.unpackb(picture)), bool(complete), touched)

    def save_blob(self, blob: Blob) -> None:
        """Enter a blob, or write down that it is complete."""
        blob.touched = time.time()
        self._db.execute(
            "INSERT OR REPLACE INTO blobs (id, picture, complete, touched) VALUES (?, ?, ?, ?)",
            (blob.id, _packed(_stored(blob.info)), blob.complete, blob.touched),
        )

    def forget_blob(self, blob: bytes) -> None:
        """Strike a blob out."""
        self._db.execute("DELETE FROM blobs WHERE id = ?", (blob,))


def _job(row: tuple[Any, ...]) -> Job:
    id_, request, state, attempt, n, outcome, place, touched = row
    results, error, *facts = msgpack.unpackb(outcome)
    asked = Request(*msgpack.unpackb(request))
    return Job(id_, asked, state, attempt, n, n, results, facts[0] if facts else {}, error, place, touched)


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
