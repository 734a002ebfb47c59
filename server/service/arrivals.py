"""Chunks that come from clients: written, and once all are there made durable, off the loop's thread."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...shared.wire.blobs import Bitmap, chunk_bytes
from ...shared.wire.errors import WireError
from .background import Background, error_of
from .ledger import Blob
from .room import Room, no_space
from .spool import Incoming, Spool

if TYPE_CHECKING:
    from .sessions import Session, Sessions

# So many chunks wait for the disk at most, of all clients: 64 MiB.
_MOST_WAITING = 64

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One that a client sent, checked. index: which of its blob's."""

    session: Session
    header: Mapping[str, Any]
    data: memoryview
    index: int

    def unpacked(self) -> tuple[memoryview, int]:
        """Its bytes and their crc32. Raises `WireError` BAD_CHUNK."""
        whole = chunk_bytes(self.header, self.data)
        return whole, self.header["crc"] if self.header["codec"] == "none" else zlib.crc32(whole)

    def acknowledge(self, sessions: Sessions, *, full: bool) -> None:
        """Tell its client that it is here, and whether all of its blob is."""
        self.answer(sessions, "ACK", full=full)

    def answer(self, sessions: Sessions, kind: str, **fields: Any) -> None:
        """Send its client a message about it."""
        place = {"blob": self.header["blob"], "at": self.header["at"]}
        sessions.answer(self.session, self.header, kind, **place, **fields)


class Arrivals:
    """The blobs that are not all here yet."""

    def __init__(
        self,
        spool: Spool,
        sessions: Sessions,
        background: Background,
        room: Room,
        complete: Callable[[Blob, bytes], None],
        arrived: Callable[[bytes], None],
    ) -> None:
        """``complete`` is called with each blob that has become durable and its checksums, before its client is told;
        ``arrived`` with its id, after that.
        """
        self._spool = spool
        self._sessions = sessions
        self._background = background
        self._room = room
        self._complete = complete
        self._arrived = arrived
        self._incoming: dict[bytes, Incoming] = {}

    def have(self, blob: Blob) -> Bitmap:
        """Which chunks of a blob are here."""
        return self._receiving(blob).have

    def drop(self, blob: bytes) -> bool:
        """Receive no more of a blob. False where it is just being settled, and can't be stopped."""
        incoming = self._incoming.get(blob)
        if incoming and incoming.have.full:
            return False
        self._incoming.pop(blob, None)
        return True

    def take(self, chunk: Chunk, blob: Blob) -> None:
        """Write a chunk of ``blob``, and answer its client.

        Where the threads are far behind it is written at once, and whoever sends so much waits: no client can have more
        than that kept in memory.
        """
        incoming = self._receiving(blob)
        if chunk.index in incoming.have or chunk.index in incoming.under_way:
            chunk.acknowledge(self._sessions, full=False)
            return
        incoming.under_way.add(chunk.index)

        def write() -> None:
            incoming.write(chunk.index, *chunk.unpacked())

        def written(error: BaseException | None) -> None:
            incoming.under_way.discard(chunk.index)
            if self._incoming.get(blob.id) is incoming:
                self._written(chunk, blob, incoming, error)

        if self._background.waiting < _MOST_WAITING:
            self._background.run(write, written)
        else:
            written(error_of(write))

    def _written(self, chunk: Chunk, blob: Blob, incoming: Incoming, error: BaseException | None) -> None:
        if error:
            self._refuse(chunk, error)
            return
        incoming.have.add(chunk.index)
        self._room.promise(blob.id, incoming.outstanding)
        if incoming.have.full:
            self._settle(blob, incoming, chunk)
        else:
            chunk.acknowledge(self._sessions, full=False)

    def _receiving(self, blob: Blob) -> Incoming:
        if blob.id not in self._incoming:
            incoming = self._incoming[blob.id] = self._spool.receive(blob.id, blob.info.size)
            if incoming.have.full:
                # The last server ended between the last chunk and the name; no chunk will come any more.
                self._settle(blob, incoming)
        return self._incoming[blob.id]

    def _settle(self, blob: Blob, incoming: Incoming, last: Chunk | None = None) -> None:
        """Make a finished blob durable, and only then tell of it whoever sent its ``last`` chunk."""

        def settled(error: BaseException | None) -> None:
            del self._incoming[blob.id]
            if error:
                log.error("The spool can't keep a blob: %s", error)
                if last:
                    self._refuse(last, error)
                return
            self._complete(blob, incoming.checksums)
            if last:
                last.acknowledge(self._sessions, full=True)
            self._arrived(blob.id)

        self._background.run(incoming.settle, settled)

    def _refuse(self, chunk: Chunk, error: BaseException) -> None:
        if not isinstance(error, WireError):
            log.error("The spool can't take a chunk: %s", error)
            error = no_space()
        chunk.answer(self._sessions, "ERR", **error.details())
