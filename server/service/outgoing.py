"""A blob on its way to one client, within the credit that it gave."""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass
from typing import Any

from ...shared.wire.blobs import CHUNK, Bitmap, chunk_header, packed_chunk
from ...shared.wire.packing import Grain
from ...shared.wire.sockets import CREDIT
from .background import Background
from .spool import Rotten, checksum

# So many chunks are packed ahead of the line: the thread that packs has other things to do, too.
_AHEAD = 2

Message = tuple[dict[str, Any], memoryview]


@dataclass(frozen=True, slots=True)
class Packing:
    """How chunks are to be made smaller. base: another blob's id and bytes, to tell the difference from, or None."""

    grain: Grain
    base: tuple[bytes, memoryview] | None
    background: Background


class Outgoing:
    """A blob being sent to one client."""

    def __init__(
        self,
        request: bytes,
        blob: bytes,
        data: memoryview,
        have: Bitmap,
        credit: int,
        sums: bytes,
        packing: Packing | None = None,
    ) -> None:
        """``request``: id of the GET. ``data``: the whole blob, and ``sums`` its checksums, empty where they are not
        known. ``have``: what the client has already.
        """
        self.request = request
        self._blob = blob
        self._data = data
        self._sums = sums
        self._rotten = False
        self._missing = deque(have.missing())
        self._credit = min(credit, CREDIT)
        self._packing = packing
        self._packed: deque[Message] = deque()
        self._at_work = 0

    @property
    def sent(self) -> bool:
        """Whether the last chunk is on its way."""
        return not (self._missing or self._packed or self._at_work or self._rotten)

    def add_credit(self) -> None:
        """One chunk has arrived: one more may be under way."""
        self._credit = min(self._credit + 1, CREDIT)

    def next(self) -> Message | None:
        """The chunk, header and bytes, to send now; None where none may be sent, or none is packed yet.

        Raises `Rotten` where the blob is not what it was any more.
        """
        if self._rotten:
            raise Rotten(self._blob)
        if self._packing:
            self._pack_ahead(self._packing)
            return self._packed.popleft() if self._packed else None
        at = self._take()
        if at is None:
            return None
        data = self._data[at : at + CHUNK]
        header = chunk_header(self._blob, at, data)
        self._compare(at, header["crc"])
        return {**header, "re": self.request}, data

    def _compare(self, at: int, crc: int) -> None:
        if checksum(self._sums, at // CHUNK) not in (None, crc):
            raise Rotten(self._blob)

    def _take(self) -> int | None:
        if not self._credit or not self._missing:
            return None
        self._credit -= 1
        return self._missing.popleft() * CHUNK

    def _pack_ahead(self, packing: Packing) -> None:
        while self._at_work + len(self._packed) < _AHEAD:
            at = self._take()
            if at is None:
                return
            self._pack(packing, at)

    def _pack(self, packing: Packing, at: int) -> None:
        data, made = self._data[at : at + CHUNK], list[Message]()

        def work() -> None:
            self._compare(at, zlib.crc32(data))
            base = packing.base and (packing.base[0], packing.base[1][at : at + CHUNK])
            made.append(packed_chunk(self._blob, at, data, packing.grain, base))

        def done(error: BaseException | None) -> None:
            self._at_work -= 1
            if isinstance(error, Rotten):
                self._rotten = True
                return
            header, chunk = made[0] if made else (chunk_header(self._blob, at, data), data)
            self._packed.append(({**header, "re": self.request}, chunk))

        self._at_work += 1
        packing.background.run(work, done)
