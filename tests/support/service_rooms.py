"""The gateway's rooms without its loop and its workers: jobs, sessions and transfers over one folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import zmq

from reverie.server.service.background import Background, Waker
from reverie.server.service.jobs import Jobs
from reverie.server.service.ledger import DONE, RUNNING, Job, Ledger, Request
from reverie.server.service.room import Quota
from reverie.server.service.sessions import Sessions
from reverie.server.service.spool import Spool, checksums
from reverie.server.service.transfers import Transfers
from reverie.shared.picture import PictureInfo
from reverie.shared.wire.blobs import chunk_header
from reverie.shared.wire.codec import decode
from reverie.shared.wire.content import FileInfo, described

INFO = PictureInfo((4, 4, 4), "u8")
DATA = os.urandom(INFO.size)


class Socket:
    """Stands in for the ROUTER: takes what it is told to take."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.error: int | None = None

    def send_multipart(self, frames: list[bytes], flags: int, copy: bool) -> None:
        if self.error is not None:
            raise zmq.Again() if self.error == zmq.EAGAIN else zmq.ZMQError(self.error)
        self.sent.append(decode(frames[1]))


class Rooms:
    """The gateway's rooms, without its loop and its workers."""

    def __init__(self, folder: Path) -> None:
        self.socket = Socket()
        self.waker = Waker()
        self.background = Background(self.waker)
        self.ledger = Ledger(folder / "ledger.sqlite")
        self.spool = Spool(folder / "blobs")
        self.sessions = Sessions(self.socket)  # type: ignore[arg-type]
        self.arrived: list[bytes] = []
        self.transfers = Transfers(
            self.ledger, self.spool, self.sessions, self.background, self.arrived.append, Quota()
        )
        self.jobs = Jobs(self.ledger, self.transfers, self.sessions)
        self.client = self.sessions.heard(b"client")

    def close(self) -> None:
        self.background.close()
        self.ledger.close()
        self.waker.close()

    def put(self, blob: bytes | None = None) -> bytes:
        blob = blob or os.urandom(16)
        header = {"t": "PUT", "blob": blob, "size": INFO.size, "picture": INFO.header(), "id": os.urandom(16)}
        self.transfers.put(self.client, header)
        return blob

    def upload(self) -> bytes:
        blob = self.put()
        self.transfers.chunk(self.client, chunk_header(blob, 0, DATA), memoryview(DATA))
        self.settle()
        assert self.transfers.complete(blob)
        return blob

    def settle(self) -> None:
        """Until the disk has done all that was to be done."""
        while self.background.waiting:
            self.background.finish()

    def job(self, blob: bytes, urgency: str = "interactive") -> Job:
        return self.jobs.enter(os.urandom(16), Request("still", {}, {"picture": blob}, urgency), self.client)

    def finish(self, job: Job) -> bytes:
        result = os.urandom(16)
        self.spool.write(result, memoryview(DATA))
        self.transfers.add_result(result, INFO, "", checksums(memoryview(DATA)))
        self.jobs.move(job, RUNNING)
        results = {"picture": {"blob": result, "size": INFO.size, "picture": INFO.header()}}
        self.jobs.move(job, DONE, results=results)
        return result

    def frame(self, blob: bytes, after: Job | None = None) -> Job:
        """A frame that goes on from another."""
        request = Request("frame", {}, {"frame": blob}, "batch", after.id if after else None)
        self.jobs.check_after(request)
        return self.jobs.enter(os.urandom(16), request, self.client)

    def finish_frame(self, job: Job, *, remembers: bool = True) -> dict[str, bytes]:
        """End a frame well; returns the blobs of its results."""
        blobs = {name: os.urandom(16) for name in ("frame", "memory")[: 1 + remembers]}
        for blob in blobs.values():
            self.spool.write(blob, memoryview(DATA))
            self.transfers.add_result(blob, FileInfo(len(DATA), ".exr"), "", checksums(memoryview(DATA)))
        self.jobs.move(job, RUNNING)
        results = {name: {"blob": blob, **described(FileInfo(len(DATA), ".exr"))} for name, blob in blobs.items()}
        self.jobs.move(job, DONE, results=results, facts={"cut": False})
        return blobs
