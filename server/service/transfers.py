"""Pictures and files on their way: PUT, CHUNK, GET and ACK, with credit both ways."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...shared.wire import zstd
from ...shared.wire.blobs import Bitmap, check_chunk
from ...shared.wire.content import Content, ContentError, FileInfo, content_of
from ...shared.wire.errors import WireError
from ...shared.wire.packing import Grain
from ...shared.wire.sockets import CREDIT
from .arrivals import Arrivals, Chunk
from .background import Background
from .ledger import Blob, Ledger
from .outgoing import Outgoing, Packing
from .room import Quota, Room, no_space
from .spool import Rotten, Spool, checksums

if TYPE_CHECKING:
    from .sessions import Session, Sessions

MAX_SIDE = 16384
MAX_BYTES = 4 << 30

log = logging.getLogger(__name__)


class Transfers:
    """Every blob, and the chunks of those that are moving."""

    def __init__(
        self,
        ledger: Ledger,
        spool: Spool,
        sessions: Sessions,
        background: Background,
        arrived: Callable[[bytes], None],
        quota: Quota,
    ) -> None:
        """``arrived`` is called with the id of each blob that has become complete. ``quota``: what a client may
        have.
        """
        self._ledger = ledger
        self._spool = spool
        self._sessions = sessions
        self._background = background
        self._room = Room(spool.folder, quota)
        self._blobs: dict[bytes, Blob] = {}
        self._arrivals = Arrivals(spool, sessions, background, self._room, self._complete, arrived)
        for blob in list(ledger.blobs()):
            if self._agrees(blob):
                self._add(blob)

    def __contains__(self, blob: bytes) -> bool:
        return blob in self._blobs

    def complete(self, blob: bytes) -> bool:
        """Whether all of a blob is here."""
        return blob in self._blobs and self._blobs[blob].complete

    def info(self, blob: bytes) -> Content:
        """What a blob is."""
        return self._blobs[blob].info

    def ids(self) -> list[bytes]:
        """Every blob."""
        return list(self._blobs)

    def age(self, blob: bytes, now: float) -> float:
        """Seconds since a blob was announced or completed, at ``now`` (`Ledger.now`)."""
        return now - self._blobs[blob].touched

    def checksums(self, blob: bytes) -> bytes:
        """Those of a complete blob, see `spool.checksums`; empty where they are not known."""
        return self._blobs[blob].checksums if blob in self._blobs else b""

    def add_result(self, blob: bytes, info: Content, owner: str, checksums: bytes) -> None:
        """Enter a blob that a worker has written."""
        self._add(Blob(blob, info, complete=True, owner=owner, checksums=checksums))
        self._ledger.save_blob(self._blobs[blob])

    def expect(self, job: bytes, inputs: Iterable[bytes]) -> None:
        """What comes of a job will be as large as the largest of its inputs; no inputs: it has come."""
        known = [self._blobs[blob].info.size for blob in inputs if blob in self._blobs]
        self._room.promise(job, max(known, default=0))

    def remove(self, blob: bytes) -> None:
        """Forget a blob and delete its file. A blob that is just being settled is left for the next tidying."""
        if not self._arrivals.drop(blob):
            return
        known = self._blobs.pop(blob, None)
        if known:
            self._room.take(known.owner, -known.info.size)
            self._room.promise(blob, 0)
        self._ledger.forget_blob(blob)
        self._spool.remove(blob)

    def put(self, session: Session, header: Mapping[str, Any]) -> None:
        """PUT: a client announces a blob, or asks what is still missing of it."""
        info = _checked_info(header)
        blob = self._blobs.get(header["blob"])
        if blob and blob.info != info:
            raise WireError("CONFLICT", "Two different pictures were sent under one id.", "Send the picture again.")
        if not blob:
            if self._ledger.stuck:
                raise no_space()
            self._room.check(session.client, info.size)
            blob = Blob(header["blob"], info, owner=session.client)
            self._add(blob)
            self._ledger.save_blob(blob)
        have = _all_of(info.size) if blob.complete else self._arrivals.have(blob)
        self._sessions.answer(session, header, "HAVE", blob=blob.id, have=bytes(have), credit=CREDIT)

    def chunk(self, session: Session, header: Mapping[str, Any], data: memoryview) -> None:
        """CHUNK: a piece of an announced blob."""
        blob = self._blobs.get(header["blob"])
        if blob is None:
            raise _unknown_blob("A piece arrived of a picture that was never announced.")
        chunk = Chunk(session, header, data, check_chunk(header, data, blob.info.size))
        if blob.complete:
            chunk.acknowledge(self._sessions, full=True)
        else:
            self._arrivals.take(chunk, blob)

    def get(self, session: Session, header: Mapping[str, Any]) -> None:
        """GET: a client wants a blob, or the chunks of it that it has not."""
        blob = self._blobs.get(header["blob"])
        if blob is None or not blob.complete:
            raise _unknown_blob("That picture is not on the server, or not all of it yet.")
        try:
            have = Bitmap(blob.info.size, header.get("have") or b"")
        except ValueError as error:
            raise WireError(
                "BAD_HEADER", "The list of pieces does not fit the picture.", field="have", allowed=str(error)
            ) from error
        data, packing = self._spool.map(blob.id), self._packing(blob, header)
        outgoing = Outgoing(header["id"], blob.id, data, have, header["credit"], blob.checksums, packing)
        session.outgoing[blob.id] = outgoing

    def ack(self, session: Session, header: Mapping[str, Any]) -> None:
        """ACK: a client has taken one chunk in."""
        outgoing = session.outgoing.get(header["blob"])
        if outgoing:
            outgoing.add_credit()

    def go_on(self) -> bool:
        """Send every client one chunk of each blob it asked for, where its link has room; whether any was sent.

        One at a time: what others ask is not to wait for sixteen checksums.
        """
        moved = False
        for session in self._sessions.receiving():
            for blob, outgoing in list(session.outgoing.items()):
                try:
                    message = outgoing.next() if session.pieces.room else None
                except Rotten:
                    self._give_up(session, blob, outgoing)
                    continue
                if message:
                    self._sessions.send(session, *message)
                    moved = True
                if outgoing.sent:
                    session.outgoing.pop(blob, None)
        return moved

    def _packing(self, blob: Blob, header: Mapping[str, Any]) -> Packing | None:
        """How the client wants its chunks: as differences where its GET names a blob of the very same form."""
        if header.get("codec") != "zstd" or not zstd.available:
            return None
        base = self._blobs.get(header.get("base") or b"")
        alike = base and base.complete and base.info == blob.info
        other = (base.id, self._spool.map(base.id)) if base and alike else None
        return Packing(Grain.of(blob.info), other, self._background)

    def _give_up(self, session: Session, blob: bytes, outgoing: Outgoing) -> None:
        """A blob has rotted while it lay here: it is forgotten, and whoever wants it has it made, or sends it, anew."""
        log.error("Blob %s has rotted on the disk", blob.hex())
        del session.outgoing[blob]
        self.remove(blob)
        error = _unknown_blob("The picture was damaged while it lay on the server's disk.").details()
        self._sessions.answer(session, {"id": outgoing.request}, "ERR", **error, blob=blob)

    def _agrees(self, blob: Blob) -> bool:
        """Bring the ledger into line with the disk at the start; False for a blob whose file is gone."""
        on_disk = self._spool.size(blob.id) == blob.info.size
        if on_disk and not blob.complete:
            # It had its name already when the last server ended, and so is whole.
            blob.complete, blob.checksums = True, checksums(self._spool.map(blob.id))
            self._ledger.save_blob(blob)
        elif blob.complete and not on_disk:
            self._ledger.forget_blob(blob.id)
            return False
        return True

    def _complete(self, blob: Blob, checksums: bytes) -> None:
        blob.complete, blob.checksums = True, checksums
        self._ledger.save_blob(blob)

    def _add(self, blob: Blob) -> None:
        self._blobs[blob.id] = blob
        self._room.take(blob.owner, blob.info.size)
        self._room.promise(blob.id, 0 if blob.complete else blob.info.size)


def _checked_info(header: Mapping[str, Any]) -> Content:
    try:
        info = content_of(header)
    except ContentError as error:
        raise WireError("BAD_PARAM", f"{error}.", field=error.field) from error
    if isinstance(info, FileInfo):
        return _checked_file(info)
    if info.size != header["size"]:
        raise WireError(
            "BAD_PARAM",
            f"The picture's shape and type make {info.size} bytes, but {header['size']} were announced.",
            field="size",
            allowed=str(info.size),
        )
    if max(info.shape) > MAX_SIDE or info.size > MAX_BYTES:
        raise WireError(
            "TOO_LARGE",
            f"A picture of {info.shape[1]} × {info.shape[0]} pixels is too large for this server.",
            f"Send at most {MAX_SIDE} pixels a side and {MAX_BYTES >> 30} GiB in all.",
            field="picture",
            allowed=f"{MAX_SIDE} pixels a side, {MAX_BYTES} bytes",
        )
    return info


def _checked_file(info: FileInfo) -> FileInfo:
    if info.size > MAX_BYTES:
        raise WireError(
            "TOO_LARGE",
            f"A file of {info.size / (1 << 30):.1f} GiB is too large for this server.",
            f"Send at most {MAX_BYTES >> 30} GiB.",
            field="file",
            allowed=f"{MAX_BYTES} bytes",
        )
    return info


def _all_of(size: int) -> Bitmap:
    return Bitmap(size, b"\xff" * len(bytes(Bitmap(size))))


def _unknown_blob(msg: str) -> WireError:
    return WireError("UNKNOWN_BLOB", msg, "Send the picture again.")
