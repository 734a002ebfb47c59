"""SQLite as the ledger uses it: one owner, batches that are on the disk when `Database.write` returns, rows that know
when they have rotted.

SQLite finds a commit that was cut off (the write-ahead log has checksums), not a bit that flips at rest: so every row
carries the crc32 of what it holds, and one that does not agree any more is as good as never written.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack

VERSION = 1
_TABLES = {
    "jobs": ("id", "place", "request", "state", "attempt", "n", "outcome", "owner", "touched"),
    "blobs": ("id", "picture", "complete", "owner", "checksums", "touched"),
    "clock": ("id", "running"),
}
_SCHEMA = """
CREATE TABLE jobs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    request BLOB NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    n INTEGER NOT NULL,
    outcome BLOB NOT NULL,
    touched REAL NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    crc INTEGER
);
CREATE TABLE blobs (
    id BLOB PRIMARY KEY,
    picture BLOB NOT NULL,
    complete INTEGER NOT NULL,
    touched REAL NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    checksums BLOB NOT NULL DEFAULT x'',
    crc INTEGER
);
CREATE TABLE clock (id INTEGER PRIMARY KEY, running REAL NOT NULL, crc INTEGER);
"""
# From the first ledgers, which had neither owners nor checksums and told time by the wall.
_FROM_0 = """
ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN crc INTEGER;
ALTER TABLE blobs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE blobs ADD COLUMN checksums BLOB NOT NULL DEFAULT x'';
ALTER TABLE blobs ADD COLUMN crc INTEGER;
CREATE TABLE clock (id INTEGER PRIMARY KEY, running REAL NOT NULL, crc INTEGER);
UPDATE jobs SET touched = 0;
UPDATE blobs SET touched = 0;
"""

# What SQLite says of a file that is none, of pages that are none, and, to statements that are always the same, of a
# schema that is none.
_DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR})

Row = tuple[Any, ...]
# By table and id; None strikes a row out.
Batch = Mapping[tuple[str, Any], Row | None]

log = logging.getLogger(__name__)


class SpoolInUse(RuntimeError):
    """A spool that this server can't have. ``hint``: what to do."""

    def __init__(self, msg: str, hint: str) -> None:
        super().__init__(msg)
        self.hint = hint


class Database:
    """The tables, held under SQLite's exclusive lock; the lock goes with the process, however it ends.

    Any thread may write and read; a reader waits for whoever writes.
    """

    def __init__(self, path: Path) -> None:
        """Open or create it at ``path``; one that is broken is put aside, with what can be read of it taken over.

        Raises `SpoolInUse`.
        """
        saved: Batch = {}
        try:
            self._db = _opened(path)
            if self._sound():
                return
            saved = {(table, row[0]): row for table in _TABLES for row in self._readable(table)}
            self._db.close()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _DAMAGED:
                raise
        log.error("The ledger is damaged; what can be read of it is taken over, the rest is asked for again")
        _put_aside(path)
        self._db = _opened(path)
        self.write(saved)

    def close(self) -> None:
        """Let go of the database and its lock."""
        self._db.close()

    def rows(self, table: str, where: str = "", *values: Any) -> Iterator[Row]:
        """The rows of a table that have not rotted, in the order of its columns above."""
        for row in self._all(table, where, *values):
            if _agrees(row):
                yield row[:-1]
            else:
                log.error("A row of %s has rotted on the disk, and is struck out", table)

    def write(self, batch: Batch) -> None:
        """Enter, replace and strike out rows, in one transaction that is on the disk when this returns."""
        self._db.execute("BEGIN")
        try:
            for (table, id_), row in batch.items():
                if row is None:
                    self._db.execute(f"DELETE FROM {table} WHERE id = ?", (id_,))
                else:
                    self._enter(table, row)
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def _sound(self) -> bool:
        """Whether neither a page nor a row has rotted.

        A row that has is more than a row lost: its id and its place, which others are told apart by, are false.
        """
        try:
            whole = self._db.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            return whole and all(_agrees(row) for table in _TABLES for row in self._all(table))
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return False

    def _all(self, table: str, where: str = "", *values: Any) -> Iterator[Row]:
        """The rows of a table, rotten ones too, with their checksums behind the columns above."""
        return self._db.execute(f"SELECT {', '.join(_TABLES[table])}, crc FROM {table} {where}", values)

    def _enter(self, table: str, row: Row) -> None:
        columns = (*_TABLES[table], "crc")
        holes = ", ".join("?" * len(columns))
        sql = f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({holes})"
        self._db.execute(sql, (*row, _crc(row)))

    def _readable(self, table: str) -> Iterable[Row]:
        """Whatever can be read of a table, row by row, from both its ends."""
        found: dict[Any, Row] = {}
        for order in ("ASC", "DESC"):
            with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
                for row in self.rows(table, f"ORDER BY rowid {order}"):
                    found.setdefault(row[0], row)
        return found.values()


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=0.0, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN EXCLUSIVE")
        _bring_up(db)
        db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        db.close()
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        hint = "Stop that one, or choose another folder with --spool."
        raise SpoolInUse("Another server already uses this spool.", hint) from error
    except BaseException:
        db.close()
        raise
    return db


def _put_aside(path: Path) -> None:
    when = time.strftime("%Y%m%d-%H%M%S")
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if file.exists():
            file.rename(file.with_name(f"{file.name}.damaged-{when}"))


def _bring_up(db: sqlite3.Connection) -> None:
    """Make the tables, or make them those of today."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise SpoolInUse(
            "This spool was written by a newer Reverie.", "Update Reverie, or choose another folder with --spool."
        )
    if version < VERSION:
        old = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'jobs'").fetchone()
        # Not `executescript`, which would commit what stands before it.
        for statement in (_FROM_0 if old else _SCHEMA).split(";"):
            db.execute(statement)
        if old:
            _enter_checksums(db)
        db.execute(f"PRAGMA user_version = {VERSION}")


def _enter_checksums(db: sqlite3.Connection) -> None:
    """Give every row the checksum that the first ledgers did not have."""
    for table, columns in _TABLES.items():
        for row in db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall():
            db.execute(f"UPDATE {table} SET crc = ? WHERE id = ?", (_crc(row), row[0]))


def _agrees(row: Row) -> bool:
    *values, crc = row
    return crc == _crc(values)


def _crc(row: Iterable[Any]) -> int:
    frame = msgpack.packb(list(row))
    assert frame is not None
    return zlib.crc32(frame)
