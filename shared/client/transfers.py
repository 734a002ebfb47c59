"""Moving one blob's bytes, a chunk at a time, within the credit that the receiver gave."""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..wire.blobs import CHUNK, Bitmap, Buffer, check_chunk, chunk_bytes, chunk_header, packed_chunk
from ..wire.content import Content, described
from ..wire.packing import Grain
from .narrowing import Narrowed


class Upload:
    """A picture or a file on its way to the server. It holds the bytes until the server has all of them."""

    def __init__(self, data: memoryview | Narrowed, content: Content, blob: bytes) -> None:
        """``blob``: its id; equal bytes may share one. ``content``: what it is on the way."""
        self.blob = blob
        self.content = content
        self.data = data
        self._grain = Grain.of(content)
        self._refused: set[int] = set()
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

    def next_chunk(self, pack: bool = False) -> tuple[dict[str, Any], memoryview] | None:
        """The next message to send, or None while there is no credit or nothing left. ``pack``: make it small."""
        if not self._queue or self._credit <= 0:
            return None
        self._credit -= 1
        at = self._queue.popleft() * CHUNK
        data = self.part(at)
        if pack and at not in self._refused:
            return packed_chunk(self.blob, at, data, self._grain)
        return chunk_header(self.blob, at, data), data

    def part(self, at: int) -> memoryview:
        """The bytes of the chunk at ``at``."""
        return self.data[at : min(at + CHUNK, self.content.size)]

    def acknowledged(self, at: int) -> None:
        """One chunk has arrived: its credit comes back."""
        self._here.add(at // CHUNK)
        self._credit += 1

    def again(self, at: int) -> None:
        """One chunk arrived damaged and is sent once more, as it is."""
        self._refused.add(at)
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

    content: what it is once it is here. data: its bytes, flat uint8, whole once it is `full`. facts: what the server
    said of it.
    """

    CREDIT = 16

    def __init__(self, blob: bytes, content: Content, facts: Mapping[str, Any], original: Upload | None = None) -> None:
        """``content``: what it is on the way. ``original``: what it was dreamt from: what it shares with that needn't
        travel, and where that was narrowed, it is made as wide again.
        """
        self.blob = blob
        self.facts = facts
        self._original = original if original and original.content == content else None
        narrow = self._original.data if self._original else None
        self._narrow = narrow if isinstance(narrow, Narrowed) else None
        self.content = self._narrow.wide if self._narrow else content
        self._size = content.size
        # Memory that comes page by page as it is written: a bytearray would be cleared all at once, and numpy asks
        # for pages of 2 MiB, each of which can take the system 5 ms to find. Both show as stutter.
        self.data = np.frombuffer(mmap.mmap(-1, self.content.size), np.uint8)
        self._here = Bitmap(content.size)
        self._unreadable = False

    def get(self) -> dict[str, Any]:
        """The message that asks for whatever is still missing."""
        how: dict[str, Any] = {"base": self._original.blob} if self._original else {}
        if self._unreadable:
            how["codec"] = "none"
        return {"t": "GET", "blob": self.blob, "have": bytes(self._here), "credit": self.CREDIT, **how}

    def take(self, header: Mapping[str, Any], chunk: Buffer) -> dict[str, Any]:
        """Store a chunk; returns the ACK to send. Raises `WireError` BAD_CHUNK, and nothing is stored then."""
        index = check_chunk(header, chunk, self._size)
        at = index * CHUNK
        base = self._original.part(at) if self._original and header.get("base") == self._original.blob else None
        self._unreadable = True  # unless what follows comes to its end
        part = chunk_bytes(header, chunk, base)
        self._unreadable = False
        if self._narrow:
            values = self._narrow.dreamed(at, part)
            start = at // self._narrow.info.numpy_dtype.itemsize
            self.data.view(np.float32)[start : start + len(values)] = values
        else:
            self.data[at : at + len(part)] = np.frombuffer(part, np.uint8)
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
