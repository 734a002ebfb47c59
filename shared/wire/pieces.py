"""Chunks cut to the measure of the link, and put together again.

PROTOCOL, feature "pieces": a chunk too large for the link travels as messages PART {start} + bytes, then as its own
message with ``start``, the number of bytes that went before, and the rest of the bytes. Nothing with a second frame
comes between them. Who receives says GOT {n}: so many messages with a second frame have come on this connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from .blobs import CHUNK, Buffer
from .pace import Pace

FEATURE = "pieces"


class Pieces:
    """The chunks that wait to leave on one connection.

    Without the feature they leave whole, and as soon as they may.
    """

    def __init__(self) -> None:
        self._pace: Pace | None = None
        self._waiting: deque[tuple[Mapping[str, Any], memoryview]] = deque()
        self._start = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def understood(self) -> bool:
        """Whether the other side understands pieces."""
        return self._pace is not None

    @property
    def room(self) -> bool:
        """Whether another chunk would leave at once."""
        return not self._waiting and (self._pace is None or self._pace.room)

    @property
    def size(self) -> int:
        """Bytes of a piece: a whole chunk where the link is fast, or the other side does not understand pieces."""
        return self._pace.piece if self._pace else CHUNK

    def cut(self) -> None:
        """The other side understands pieces: keep to the measure of the link from now on."""
        self._pace = self._pace or Pace()

    def add(self, header: Mapping[str, Any], chunk: Buffer) -> None:
        """One more chunk, to leave after those that wait."""
        self._waiting.append((header, memoryview(chunk)))

    def next(self) -> tuple[Mapping[str, Any], memoryview] | None:
        """The message to send now, header and bytes; None while none waits or the link is full."""
        if not self._waiting or (self._pace and not self._pace.room):
            return None
        header, chunk = self._waiting[0]
        end = self._start + self.size
        if end < len(chunk):
            return {"t": "PART", "start": self._start}, chunk[self._start : end]
        return ({**header, "start": self._start} if self._start else header), chunk[self._start :]

    def sent(self, size: int) -> None:
        """What `next` gave, of so many bytes, has left."""
        self._start += size
        if self._pace:
            self._pace.sent(size)
        if self._start >= len(self._waiting[0][1]):
            self._waiting.popleft()
            self._start = 0

    def passed(self, count: int) -> None:
        """GOT: so many of the messages have arrived."""
        if self._pace:
            self._pace.passed(count)


class Joining:
    """Puts together what arrives on one connection; at most one chunk is ever held.

    count: messages with a second frame so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._told = 0
        self._parts = bytearray()

    def take(self, header: Mapping[str, Any], chunk: Buffer) -> Buffer | None:
        """A message with a second frame: its whole chunk, None where more of it is to come.

        Of a chunk whose parts do not fit together only the rest is returned, which its checksum then finds out.
        """
        self.count += 1
        start = header.get("start") or 0
        if header["t"] != "PART":
            whole = self._parts + chunk if start and start == len(self._parts) else chunk
            self._parts = bytearray()
            return whole
        if start == 0:
            self._parts = bytearray()
        if start == len(self._parts) and start + len(chunk) <= CHUNK:
            self._parts += chunk
        else:
            self._parts = bytearray()
        return None

    def forget(self) -> None:
        """Let go of the chunk that is half here: nothing more of it will come."""
        self._parts = bytearray()

    def news(self, at_least: int = 1) -> int | None:
        """The count, where so many messages have come since it was last told to the other side."""
        if self.count - self._told < at_least:
            return None
        self._told = self.count
        return self.count
