"""The jobs a program has asked for and not yet put away, written down where its death can't reach them.

An entry is written before the first byte of its job is sent, and struck out once the result is where it belongs. Each
process writes under a name of its own and holds a lock for as long as it lives: entries whose lock is free belong to a
process that is gone, and whoever comes next takes them over. One file an entry, written beside its place and renamed,
so that it is whole or not there.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from ..frames.locking import lock


@dataclass(frozen=True, slots=True)
class Entry:
    """One job. server: its address, without any key. kind: as on the wire. settings: their record. about: whatever its
    owner needs to put the result where it belongs, as JSON has it. asked: when, ISO 8601 in UTC.
    """

    job: bytes
    server: str
    kind: str
    settings: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)
    asked: str = ""

    def written(self) -> str:
        """The entry as JSON."""
        return json.dumps(asdict(self) | {"job": self.job.hex()}, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """The entry that was `written`. Raises ValueError where it is none."""
        try:
            fields = json.loads(text)
            known = {name: kind(fields[name]) for name, kind in _FIELDS.items()}
            return cls(bytes.fromhex(fields["job"]), **known)
        except (KeyError, TypeError) as error:
            raise ValueError(f"no entry of a journal: {error}") from None


_FIELDS: dict[str, Any] = {"server": str, "kind": str, "settings": dict, "about": dict, "asked": str}


class Journal:
    """A folder of entries that any number of processes share."""

    def __init__(self, folder: Path) -> None:
        """``folder`` need not exist; nothing is written before there is an entry."""
        self._folder = folder
        self._name = secrets.token_hex(8)
        self._lock: int | None = None

    def note(self, entry: Entry) -> None:
        """Write an entry down; it is on the disk when this returns. Raises OSError."""
        if self._lock is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = _held(self._lock_of(self._name))
        path = self._path(entry.job)
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            file.write(entry.written())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def strike(self, job: bytes) -> None:
        """Strike an entry out; nothing happens where there is none."""
        with contextlib.suppress(OSError):
            self._path(job).unlink(missing_ok=True)

    def take_over(self) -> list[Entry]:
        """Make the entries of processes that are gone one's own; returns them, the oldest first. Raises OSError."""
        found = [entry for name in self._others() for entry in self._taken_from(name)]
        return sorted(found, key=lambda entry: entry.asked)

    def holds(self, job: bytes) -> bool:
        """Whether any process has that job written down."""
        return any(self._folder.glob(f"*-{job.hex()}.json"))

    def close(self) -> None:
        """Let go of what is still written down, for whoever comes next."""
        if self._lock is not None:
            if not any(self._folder.glob(f"{self._name}-*")):
                _removed(self._lock_of(self._name))
            os.close(self._lock)
            self._lock = None

    def _taken_from(self, name: str) -> Iterator[Entry]:
        path = self._lock_of(name)
        other = _held(path)
        if other is None:
            return
        try:
            for written in self._folder.glob(f"{name}-*.json"):
                with contextlib.suppress(ValueError, OSError):
                    entry = Entry.read(written.read_text(encoding="utf-8"))
                    self.note(entry)
                    written.unlink(missing_ok=True)
                    yield entry
            _removed(path)
        finally:
            os.close(other)

    def _others(self) -> set[str]:
        """The names of the processes that have left an entry or a lock."""
        names = {path.name.partition("-")[0] for path in self._folder.glob("*-*.json")}
        return (names | {path.stem for path in self._folder.glob("*.lock")}) - {self._name}

    def _path(self, job: bytes) -> Path:
        return self._folder / f"{self._name}-{job.hex()}.json"

    def _lock_of(self, name: str) -> Path:
        return self._folder / f"{name}.lock"


def _held(path: Path) -> int | None:
    """The file at ``path``, made where there is none and locked; None where another process holds it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not lock(file):
            os.close(file)
            return None
        # Whoever had it before may have removed it between the two calls: then this lock keeps nobody out.
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        os.close(file)


def _removed(path: Path) -> None:
    # Windows removes no file that is open; an empty file is left behind there.
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
