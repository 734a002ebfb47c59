"""Where the results of a batch go: each file appears whole or not at all, and what is right already is left alone.

Nothing is forced to the disk frame by frame, which would take longer than a small dream. After a power cut the files of
the last minute may hold anything: systems write out older ones by themselves. So those are compared whole before they
are believed, and older ones by size and time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path

from . import pieces
from .errors import BatchError
from .frame import FrameFile
from .inputs import Digests
from .pieces import Work
from .record import HIDDEN, Claim, Entry, Record

# Nanoseconds.
_UNSURE = 60 * 10**9
_DIGEST = hashlib.sha256().digest_size


class Standing(Enum):
    """How a frame's file stands: to be dreamed, as it should be, or changed by somebody since it was dreamed."""

    WANTED = "wanted"
    RIGHT = "right"
    CHANGED = "changed"


class Output:
    """The results of one batch in ``folder``, its record, and the memories that it can go on from.

    Everything here raises `OSError` when the folder can't be written.
    """

    def __init__(self, folder: Path, name: Callable[[int], str], numbers: Iterable[int], *, force: bool) -> None:
        """``numbers``: of the frames that the batch answers for. Raises `BatchError`.

        force: replace files that were not made here, and those that were changed since.
        """
        self._numbers = sorted(numbers)
        if folder.exists() and not folder.is_dir():
            raise BatchError(f"{folder} is a file", "Give a folder for the frames, which need not exist.")
        self.folder = folder
        self._name, self._force = name, force
        first, last = self._numbers[0], self._numbers[-1]
        stem = f"{name(first)}-{name(last)}"
        self.record = Record(folder, stem, Claim(name(0), first, last))
        if not force:
            self._spare_others()
        self._memories = folder / HIDDEN / stem
        self._known_memories = {path.name: path for path in folder.glob(f"{HIDDEN}/*/*.memory")}
        times = [entry.time for entries in self.record.entries.values() for entry in entries]
        self._believed = max(times, default=0) - _UNSURE

    def open(self) -> None:
        """Begin to write. Raises `BatchError` when another batch is at work on the same frames."""
        self.record.open()
        self._memories.mkdir(exist_ok=True)
        # What a batch that was killed has left half-written.
        parts = {f"{self._name(number)}.part" for number in self._numbers}
        for part in (*self.folder.glob("*.part"), *self._memories.glob("*.part")):
            if part.name in parts or part.parent == self._memories:
                part.unlink(missing_ok=True)

    def path(self, number: int) -> Path:
        """Where a frame's result lies."""
        return self.folder / self._name(number)

    def standing(self, number: int, key: str) -> Work[Standing]:
        """Whether the file of a frame is what it should be, by ``key``."""
        path = self.path(number)
        entries = self.record.entries.get(path.name, [])
        try:
            status = path.stat()
        except FileNotFoundError:
            return Standing.WANTED
        same = [entry for entry in entries if (entry.size, entry.time) == (status.st_size, status.st_mtime_ns)]
        if same and same[-1].time <= self._believed:
            return Standing.RIGHT if same[-1].key == key else Standing.WANTED
        if not entries:
            return Standing.WANTED
        digest = yield from pieces.sha256((yield from pieces.read(path)))
        alike = {entry.key for entry in entries if entry.digest == digest}
        if alike:
            return Standing.RIGHT if key in alike else Standing.WANTED
        painted = status.st_mtime_ns > entries[-1].time
        return Standing.CHANGED if painted and not self._force else Standing.WANTED

    def keep(self, number: int, key: str, file: FrameFile, made_from: Digests) -> Work[None]:
        """Write a frame's result, and remember it. Killed at any moment, the file is the old one or the new one."""
        path = self.path(number)
        part = path.with_name(f"{path.name}.part")
        try:
            digest = yield from pieces.sha256(file.data)
            yield from pieces.write(part, file.data)
            status = part.stat()
            entry = Entry(path.name, key, status.st_size, status.st_mtime_ns, digest)
            # Before the file appears: so there is never one that is not known to be ours.
            self.record.add(entry, dict(made_from.by_stamp))
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def memory(self, key: str, home: str) -> bytes | None:
        """The memory kept of the frame with that key for executors of that home, if it is there and whole."""
        path = self._known_memories.get(_memory_name(key, home))
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        memory = data[_DIGEST:]
        return memory if hashlib.sha256(memory).digest() == data[:_DIGEST] else None

    def keep_memory(self, key: str, home: str, memory: bytes) -> Work[None]:
        """Keep a memory, for when the batch is stopped."""
        path = self._memories / _memory_name(key, home)
        part = path.with_suffix(".part")
        try:
            digest = bytes.fromhex((yield from pieces.sha256(memory)))
            yield from pieces.write(part, digest + memory)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._known_memories[path.name] = path

    def forget_memory(self, key: str, home: str) -> None:
        """Keep a memory no longer."""
        path = self._known_memories.pop(_memory_name(key, home), None)
        if path is not None:
            path.unlink(missing_ok=True)

    def tidy(self, lasting: Iterable[str], home: str) -> None:
        """Keep no memory but those of frames with ``lasting`` keys."""
        keep = {_memory_name(key, home) for key in lasting}
        for path in self._memories.iterdir():
            if path.name not in keep:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Write no more."""
        self.record.close()

    def _spare_others(self) -> None:
        """Raise `BatchError` where results would take the place of files that no batch has made."""
        there = {path.name for path in self.folder.iterdir()} if self.folder.is_dir() else set()
        claims = [claim for claim in self.record.claims if claim.pattern == self._name(0)]
        unclaimed = (number for number in self._numbers if not any(c.first <= number <= c.last for c in claims))
        strange = [name for name in map(self._name, unclaimed) if name in there]
        if strange:
            others = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
            raise BatchError(
                f"{self.folder} holds {strange[0]}{others}, not dreamed here",
                "Give another folder, or have them replaced (--force).",
            )


def _memory_name(key: str, home: str) -> str:
    return f"{key[:32]}-{hashlib.sha256(home.encode()).hexdigest()[:8]}.memory"
