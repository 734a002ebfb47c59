"""Files a piece at a time, so that whoever reads or writes large ones can do other things in between."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Work in pieces: yields True while there is more of it to do at once, False while it waits; returns its result.
Work = Generator[bool, None, T]

# Bytes: a millisecond or so of reading, hashing or writing.
_PIECE = 2**20


def read(path: Path) -> Work[bytes]:
    """The bytes of a file. Raises `OSError`."""
    pieces = []
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            pieces.append(piece)
            if len(piece) == _PIECE:
                yield True
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def write(path: Path, data: bytes | memoryview) -> Work[None]:
    """Write a file from its start. Raises `OSError`, and leaves what it has written so far."""
    with path.open("wb", buffering=0) as file:
        for piece in _pieces(data):
            while piece:
                piece = piece[file.write(piece) :]
            if len(data) > _PIECE:
                yield True


def sha256(data: bytes | memoryview) -> Work[str]:
    """The SHA-256 of ``data``, 64 hex digits."""
    digest = hashlib.sha256()
    for piece in _pieces(data):
        digest.update(piece)
        if len(data) > _PIECE:
            yield True
    return digest.hexdigest()


def at_once(work: Work[T]) -> T:
    """The result of ``work``, all of it done now."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def _pieces(data: bytes | memoryview) -> Iterator[memoryview]:
    whole = memoryview(data).cast("B")
    return (whole[start : start + _PIECE] for start in range(0, len(whole), _PIECE))
