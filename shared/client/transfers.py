"""Moving one blob's bytes, a chunk at a time, within the credit that the receiver gave."""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..wire.blobs import CHUNK, Bitmap, Buffer, check_chunk, chunk_header
from ..wire.content import Content, described


class Upload:
    """A picture or a file on its way to the server. It holds the bytes until the server has all of them."""

    def __init__(self, data: memoryview, content: Content, blob: bytes) -> None:
        """``blob``: its id; equal bytes may share one."""
        self.blob = blob
        self.content = content
        self._data = data
        self._here = Bitmap(content.size)
        self._queue: deque[int] = deque()
        self._credit = 0

    def put(self) -> dict[str, Any]:
        """The message that announces the blob; its answer says what is there already."""
        self._queue.clear()
        return {"t": "PUT", "blob": self.blob, **described(self.content)}

    def resume(self, have: bytes, credit: int) -> None:
        """Go on with what the server does not have. Raises ValueError for a bitmap of another size."""
        self._here = Bitmap(self.content.size, have)
        self._queue = deque(self._here.missing())
        self._credit = credit

    def next_chunk(self) -> tuple[dict[str, Any], memoryview] | None:
        """The next message to send, or None while there is no credit or nothing left."""
        if not self._queue or self._credit <= 0:
            return None
        self._credit -= 1
        at = self._queue.popleft() * CHUNK
        data = self._data[at : at + CHUNK]
        return chunk_header(self.blob, at, data), data

    def acknowledged(self, at: int) -> None:
        """One chunk has arrived: its credit comes back."""
        self._here.add(at // CHUNK)
        self._credit += 1

    def again(self, at: int) -> None:
        """One chunk arrived damaged and is sent once more."""
        self._queue.appendleft(at // CHUNK)
        self._credit += 1

    @property
    def present(self) -> int:
        """How many chunks the server has."""
        return self._here.present

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return self._here.count


class Download:
    """A result on its way from the server, into memory that becomes the picture or file without another copy.

    data: its bytes, flat uint8, whole once it is `full`. facts: what the server said of it.
    """

    CREDIT = 16

    def __init__(self, blob: bytes, content: Content, facts: Mapping[str, Any]) -> None:
        self.blob = blob
        self.content = content
        self.facts = facts
        # Memory that comes page by page as it is written: a bytearray would be cleared all at once, and numpy asks
        # for pages of 2 MiB, each of which can take the system 5 ms to find. Both show as stutter.
        self.data = np.frombuffer(mmap.mmap(-1, content.size), np.uint8)
        self._here = Bitmap(content.size)

    def get(self) -> dict[str, Any]:
        """The message that asks for whatever is still missing."""
        return {"t": "GET", "blob": self.blob, "have": bytes(self._here), "credit": self.CREDIT}

    def take(self, header: Mapping[str, Any], chunk: Buffer) -> dict[str, Any]:
        """Store a chunk; returns the ACK to send. Raises `WireError` BAD_CHUNK, and nothing is stored then."""
        index = check_chunk(header, chunk, self.content.size)
        at = index * CHUNK
        self.data[at : at + len(chunk)] = np.frombuffer(chunk, np.uint8)
        self._here.add(index)
        return {"t": "ACK", "blob": self.blob, "at": at, "full": self._here.full}

    @property
    def full(self) -> bool:
        """Whether every byte is here."""
        return self._here.full

    @property
    def fraction(self) -> float:
        """How much is here, 0..1."""
        return self._here.present / self._here.count
