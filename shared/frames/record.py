"""What a batch remembers of its frames: a file of lines, only ever added to.

Each batch has a record of its own in the hidden folder `.reverie` beside the results, locked as long as it is at work;
it reads those of all others too. A line that was cut off in the middle, by whatever befell the machine, is passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .errors import BatchError
from .locking import lock

HIDDEN = ".reverie"


@dataclass(frozen=True, slots=True)
class Claim:
    """The frames that a batch answers for: numbers from ``first`` to ``last``, in files named like ``pattern``."""

    pattern: str
    first: int
    last: int

    def meets(self, other: Claim) -> bool:
        """Whether there is a frame that both answer for."""
        return self.pattern == other.pattern and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Entry:
    """One result: its file's name, the key of the frame, and the file's size in bytes, time in ns and SHA-256."""

    file: str
    key: str
    size: int
    time: int
    digest: str


class Record:
    """All that is remembered in ``folder``, and one batch's place to add to it.

    entries: every result ever made, by file name, oldest first. inputs: SHA-256 by stamp. cuts: pairs of SHA-256 of
    pictures, of which the second was found to begin a new shot. claims: of all batches there ever were.
    """

    def __init__(self, folder: Path, name: str, claim: Claim) -> None:
        """Read all records. ``name``: of this batch's own.

        Raises `BatchError` when another batch is at work on its frames.
        """
        self.entries: dict[str, list[Entry]] = {}
        self.inputs: dict[str, str] = {}
        self.cuts: set[tuple[str, str]] = set()
        self.claims: list[Claim] = []
        self._claim = claim
        self._path = folder / HIDDEN / f"{name}.jsonl"
        self._file: int | None = None
        for path in sorted(self._path.parent.glob("*.jsonl")):
            claims = list(self._read(path))
            if any(claim.meets(other) for other in claims) and _at_work(path):
                raise BatchError(
                    f"Another batch is at work on these frames in {folder}",
                    "Wait until it is done, or stop it. After that the same goes on.",
                )
            self.claims += claims

    def open(self) -> None:
        """Begin to write, on behalf of this batch alone. Raises `OSError`, and `BatchError` as above."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        if not lock(self._file):
            self.close()
            raise BatchError(f"Another batch is at work in {self._path.parent.parent}", "Wait until it is done.")
        if self._claim not in self.claims:
            self._add({"claim": asdict(self._claim)})
            # Frames found later are known by this to be the batch's own, and no one else's, even after a power cut.
            os.fsync(self._file)
            self.claims.append(self._claim)

    def add(self, entry: Entry, inputs: dict[str, str]) -> None:
        """Remember a result, and the inputs (SHA-256 by stamp) that it was made from. Raises `OSError`."""
        fresh = {stamp: digest for stamp, digest in inputs.items() if self.inputs.get(stamp) != digest}
        self._add({"result": asdict(entry), "inputs": fresh})
        self.entries.setdefault(entry.file, []).append(entry)
        self.inputs.update(fresh)

    def add_cut(self, before: str, after: str) -> None:
        """Remember that the picture ``after`` begins a new shot after the picture ``before``. Raises `OSError`."""
        if (before, after) not in self.cuts:
            self._add({"cut": [before, after]})
            self.cuts.add((before, after))

    def close(self) -> None:
        """Write no more; others may."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _add(self, line: dict[str, Any]) -> None:
        assert self._file is not None
        # The line before may have been cut off, by a full disk say: so each begins with a line break of its own.
        data = b"\n" + json.dumps(line, separators=(",", ":")).encode() + b"\n"
        while data:
            data = data[os.write(self._file, data) :]

    def _read(self, path: Path) -> Iterator[Claim]:
        """Take in one record; yields its claims."""
        for line in path.read_bytes().split(b"\n"):
            with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
                match json.loads(line):
                    case {"claim": claim}:
                        yield Claim(**claim)
                    case {"result": result, "inputs": inputs}:
                        entry = Entry(**result)
                        self.entries.setdefault(entry.file, []).append(entry)
                        self.inputs.update(inputs)
                    case {"cut": [str(before), str(after)]}:
                        self.cuts.add((before, after))


def _at_work(path: Path) -> bool:
    """Whether a batch is writing this record."""
    file = os.open(path, os.O_RDWR)
    try:
        return not lock(file)
    finally:
        os.close(file)
