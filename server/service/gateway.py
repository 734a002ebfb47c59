"""The gateway: one thread, one loop, between the clients' socket and the workers'. It imports no torch."""

from __future__ import annotations

import logging
import math
import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import zmq

from ...shared.wire.blobs import CHUNK
from ...shared.wire.codec import MAX_HEADER, VERSION, bad_header, decode
from ...shared.wire.errors import WireError
from ...shared.wire.messages import FEATURES
from ...shared.wire.pieces import FEATURE as PIECES
from ...shared.wire.sockets import CREDIT
from .background import Background, Waker
from .dispatch import Dispatch
from .guard import Guard
from .hoarding import Hoard
from .jobs import Jobs
from .keeping import Keeping
from .ledger import QUEUED, RECEIVING, RUNNING, Ledger
from .listening import listen_anew
from .metrics import Reading
from .posts import Post
from .requests import MAX_JOBS, Requests
from .room import Quota
from .sessions import Session, Sessions
from .spool import Spool
from .transfers import MAX_BYTES, MAX_SIDE, Transfers
from .workers import Workers

SERVER = f"Reverie {version('reverie')}"
# How long the loop sleeps at most, and while something waits for a full socket, in milliseconds.
TICK, FLUSH_TICK = 200, 5
# Messages taken in one go, before the workers have their turn.
BATCH = 64
TIDY_EVERY = 3600.0
# Who has been silent for longer is not counted among the clients, in seconds.
_LATELY = 60.0

# ERR and PONG are taken as signs of life: answering an error with an error would never end.
UNANSWERED = frozenset({"ERR", "PONG", "PART"})

log = logging.getLogger(__name__)
Handler = Callable[[Session, dict[str, Any]], None]


class Gateway:
    """Everything the server is, but for the dreaming itself.

    reading: how it does, renewed several times a second.
    """

    def __init__(
        self,
        context: zmq.Context,
        socket: zmq.Socket,
        home: Path,
        posts: Sequence[Post],
        guard: Guard | None = None,
        quota: Quota | None = None,
    ) -> None:
        """``socket``: a bound ROUTER, ``guard``: what keeps strangers out of it. ``home``: the folder of ledger and
        blobs. ``posts``: one for each worker. ``quota``: what a client may have. Raises `SpoolInUse`.
        """
        self._socket = socket
        self._guard = guard
        self._poller = zmq.Poller()
        self._hoard = Hoard()
        self.reading = Reading()
        self._boot = os.urandom(16)
        self._stopping = False
        self._drained_by = math.inf
        self._waker = Waker()
        quota = quota or Quota()
        # What reads, what writes and what the ledger writes wait for the disk, but not for each other; nor do chunks
        # that are written wait for a blob that is just being made durable.
        self._reading, self._writing = Background(self._waker), Background(self._waker, threads=2)
        self._spool = Spool(home / "blobs")
        self._ledger = Ledger(home / "ledger.sqlite", Background(self._waker))
        self._sessions = Sessions(socket, self._ledger.when_durable)
        self._transfers = Transfers(self._ledger, self._spool, self._sessions, self._writing, self._arrived, quota)
        self._jobs = Jobs(self._ledger, self._transfers, self._sessions)
        self._workers = Workers(context, posts, self._spool.folder)
        self._dispatch = Dispatch(
            self._ledger, self._jobs, self._workers, self._transfers, self._spool, self._reading, self._writing
        )
        self._requests = Requests(self._ledger, self._jobs, self._dispatch, self._transfers, self._sessions, quota)
        keeping = Keeping(self._ledger, self._jobs, self._sessions, guard, lambda: self.reading)
        self._handlers: dict[str, Handler] = {
            "HELLO": self._hello,
            "PING": self._ping,
            "LIST": self._requests.list,
            "PUT": self._transfers.put,
            "GET": self._transfers.get,
            "ACK": self._transfers.ack,
            "SUBMIT": self._submit,
            "STATUS": self._requests.status,
            "CANCEL": self._requests.cancel,
            "RELEASE": self._requests.release,
            "PAIR": self._pair,
            "GOT": self._got,
            "LEDGER": keeping.ledger,
            "PULSE": keeping.pulse,
            "RETRY": keeping.retry,
        }
        self._spool.sweep(self._transfers.ids())

    def run(self) -> None:
        """Serve until `stop`. Raises `WorkersBroken` when no worker can ever work."""
        for source in (self._socket, self._workers.socket, self._waker.reader):
            self._poller.register(source, zmq.POLLIN)
        if self._guard:
            self._poller.register(self._guard.socket, zmq.POLLIN)
        next_look = next_tidying = 0.0
        waiting = sending = False
        while not self._stopping:
            now = time.monotonic()
            if now >= next_look:
                next_look = now + TICK / 1000
                self._look_around()
            if now >= next_tidying:
                next_tidying = now + TIDY_EVERY
                self._jobs.tidy()
            self._poller.poll(0 if sending else FLUSH_TICK if waiting else TICK)
            self._waker.clear()
            if self._guard:
                self._guard.answer()
            self._take_messages()
            for background in (self._ledger, self._reading, self._writing):
                background.finish()
            self._dispatch.receive()
            self._dispatch.hand_out()
            self._ledger.commit()
            sending = self._transfers.go_on()
            waiting = self._sessions.flush()

    def stop_on(self, *signals: signal.Signals) -> None:
        """Stop at these signals."""
        for number in signals:
            signal.signal(number, lambda *_: self.stop())
        signal.set_wakeup_fd(self._waker.writer.fileno(), warn_on_full_buffer=False)

    def drain_on(self, number: signal.Signals, grace: float) -> None:
        """Drain at this signal; ``grace`` as for `drain`."""
        signal.signal(number, lambda *_: self.drain(grace))

    def drain(self, grace: float) -> None:
        """Take no new jobs, begin none, and `stop` when none runs, at the latest after ``grace`` seconds. Asked twice:
        at once.
        """
        if self._dispatch.draining or not grace:
            self.stop()
        self._dispatch.draining, self._drained_by = True, time.monotonic() + grace
        self._waker.wake()

    def stop(self) -> None:
        """Leave `run` soon. What is under way goes on when a server is started on the same spool again."""
        self._stopping = True
        self._waker.wake()

    def close(self) -> None:
        """End the workers and let go of everything."""
        self._workers.close()
        self._reading.close()
        self._writing.close()
        self._ledger.close()
        signal.set_wakeup_fd(-1)
        self._waker.close()

    def _look_around(self) -> None:
        self.reading = Reading(
            self._jobs.counts(), self._sessions.count(_LATELY), self._spool.free(), self._workers.working()
        )
        self._dispatch.watch()
        self._sessions.tidy()
        if self._hoard.grown():
            self._hang_up()
        for job in self._jobs.silent():
            log.info("Dream %s ends: its client has been silent for long", job.id.hex()[:8])
            self._dispatch.cancel(job)
        if self._dispatch.draining and not (self._jobs.count(RUNNING) and time.monotonic() < self._drained_by):
            self.stop()

    def _hang_up(self) -> None:
        log.warning("Unfinished messages fill the memory: every connection is closed; clients come back by themselves")
        self._poller.unregister(self._socket)
        self._socket = listen_anew(self._socket, self._guard)
        self._poller.register(self._socket, zmq.POLLIN)
        self._sessions.start_over(self._socket)

    def _take_messages(self) -> None:
        for _ in range(BATCH):
            try:
                route, *frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            user = str(route.get("User-Id")) if self._guard else ""
            self._take(self._sessions.heard(route.bytes, user), [frame.buffer for frame in frames])
            if len(frames) > 1:
                # ZeroMQ looks for what others have sent only when it is polled: nobody waits for sixteen chunks.
                return

    def _take(self, session: Session, frames: list[memoryview]) -> None:
        """One message: whatever is wrong with it, the client is told and the server goes on."""
        header: dict[str, Any] = {}
        try:
            if len(frames) not in (1, 2):
                raise bad_header("frames", "one header, and one chunk at most")
            header = decode(frames[0])
            if self._guard:
                self._guard.check(session.user, header["t"])
            chunk = session.joining.take(header, frames[1]) if len(frames) > 1 else b""
            if chunk is not None:
                self._handle(session, header, memoryview(chunk))
        except WireError as error:
            self._refuse(session, header, error)
        except Exception:
            ref = secrets.token_hex(4)
            log.exception("[%s] %s failed", ref, header.get("t"))
            error = WireError("INTERNAL", "The server stumbled over this.", "Its log says more.", ref=ref)
            self._refuse(session, header, error)

    def _handle(self, session: Session, header: dict[str, Any], chunk: memoryview) -> None:
        kind = header["t"]
        if kind == "CHUNK":
            self._transfers.chunk(session, header, chunk)
        elif kind in self._handlers:
            self._handlers[kind](session, header)
        elif kind not in UNANSWERED:
            raise WireError("UNKNOWN_TYPE", f"This server knows no message {kind!r:.40}.", "Update Reverie there.")

    def _refuse(self, session: Session, header: Mapping[str, Any], error: WireError) -> None:
        fields = error.details() | {name: header[name] for name in ("blob", "at", "job") if name in header}
        self._sessions.answer(session, {"id": header.get("id") or error.request_id}, "ERR", **fields)

    def _hello(self, session: Session, header: Mapping[str, Any]) -> None:
        if not header["min"] <= VERSION <= header["max"]:
            raise WireError(
                "PROTO_VERSION",
                f"This server speaks version {VERSION} of the protocol, not {header['min']} to {header['max']}.",
                "Update Reverie on both sides to the same version.",
                field="min" if header["min"] > VERSION else "max",
                allowed=str(VERSION),
            )
        features = FEATURES & set(header.get("features") or ())
        if PIECES in features:
            session.pieces.cut()
        session.unpacks = "zstd" in features
        limits = {"chunk": CHUNK, "header": MAX_HEADER, "side": MAX_SIDE, "bytes": MAX_BYTES, "jobs": MAX_JOBS}
        self._sessions.answer(
            session,
            header,
            "WELCOME",
            server=SERVER,
            boot=self._boot,
            features=sorted(features),
            limits=limits,
            credit=CREDIT,
            devices=self._workers.devices,
        )

    def _ping(self, session: Session, header: Mapping[str, Any]) -> None:
        queued, running = self._jobs.count(RECEIVING, QUEUED), self._jobs.count(RUNNING)
        self._sessions.answer(session, header, "PONG", queued=queued, running=running, free=self._spool.free())

    def _got(self, session: Session, header: Mapping[str, Any]) -> None:
        session.pieces.passed(header["n"])

    def _submit(self, session: Session, header: Mapping[str, Any]) -> None:
        if self._dispatch.draining and self._jobs.get(header["job"]) is None:
            raise WireError("DRAINING", "The dream server is about to restart.", "Once it is back, the dream begins.")
        self._requests.submit(session, header)

    def _pair(self, session: Session, header: Mapping[str, Any]) -> None:
        if self._guard is None:
            raise WireError("NOT_PAIRED", "This server takes only programs on its own machine.", "It needs no pairing.")
        self._guard.pair(session.user, header["name"], header["proof"])
        self._sessions.answer(session, header, "PAIRED")

    def _arrived(self, blob: bytes) -> None:
        self._jobs.arrived(blob)
