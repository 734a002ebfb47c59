"""One job asked of a server, from the first byte sent to the last that came back, whatever happens in between."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from ..picture import Picture, PictureError, PictureInfo
from ..wire.blobs import Buffer, chunk_bytes
from ..wire.content import Content, ContentError, content_of
from ..wire.errors import WireError
from .transfers import Download, Upload

# How often a job the server has lost or given up is sent anew before it counts as failed.
MAX_ROUNDS = 5

# A transfer that has not moved for so many seconds, though there is a connection, is taken up anew.
STALL_LIMIT = 10.0

Send = Callable[[dict[str, Any]], None]


class DreamState(Enum):
    """Where a job is. WAITING: not connected, or asked to try again a little later. READY: done, and its result waits
    on the server until it is wanted.
    """

    WAITING = "waiting"
    SENDING = "sending"
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    RECEIVING = "receiving"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_FINAL = {DreamState.DONE, DreamState.FAILED, DreamState.CANCELLED}


class RemoteJob:
    """The client's half of a job. Whoever asked for it reads the public attributes after each pump.

    step, steps: progress of the ascent. seconds_left: the server's estimate, or None. preview: the newest
    small picture; preview_serial grows with each. error: why it FAILED, or what it waits for. held: whether the result
    is left on the server for now.
    A kind of job says what it is called, what is asked, which result it wants and what it makes of that.
    """

    kind: str
    wanted: str
    # Whether the server is to keep a job that is done until it is told otherwise.
    kept = False
    # Whether its id follows from all that it depends on, so that an earlier life may have left it on the server.
    repeatable = False
    # Whether it is found again by its id, however its client ends: the server does not give it up in silence.
    lasting = False

    def __init__(
        self,
        uploads: Mapping[str, Upload],
        urgency: str,
        job: bytes,
        noted: Callable[[bytes], None] | None = None,
    ) -> None:
        """``uploads``: the inputs by name. ``job``: its id. noted: told the id before the first byte is sent, and again
        should it have to be another.
        """
        self.job = job
        self.held = False
        self.state = DreamState.WAITING
        self.step = self.steps = 0
        self.seconds_left: float | None = None
        self.preview: Picture | None = None
        self.preview_serial = 0
        self.warnings: list[str] = []
        self.error: WireError | None = None
        self.uploads = dict(uploads)
        self.download: Download | None = None
        self.retry_at: float | None = None
        self._inputs = {name: upload.blob for name, upload in uploads.items()}
        self._urgency = urgency
        self._noted = noted
        # Whether the server may know the job, and whether it has said so.
        self._asked = self._submitted = False
        self._seen = 0
        self._rounds = 0
        self._moved_at = 0.0

    def _request(self) -> dict[str, Any]:
        """What SUBMIT says besides: its settings."""
        raise NotImplementedError

    def _receive(self, download: Download, facts: Mapping[str, Any]) -> None:
        """Take the result, which is here. Raises `WireError` when it is not what was asked for."""
        raise NotImplementedError

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in _FINAL

    @property
    def fraction(self) -> float:
        """How far the present state has come, 0..1."""
        if self.state is DreamState.SENDING and self.uploads:
            uploads = self.uploads.values()
            return sum(upload.present for upload in uploads) / sum(upload.count for upload in uploads)
        if self.state is DreamState.RECEIVING and self.download:
            return self.download.fraction
        if self.state is DreamState.RUNNING and self.steps:
            return min(self.step / self.steps, 1.0)
        return float(self.state in (DreamState.READY, DreamState.DONE))

    def upload_of(self, blob: bytes) -> Upload | None:
        """The input that is sent as ``blob``, if it is one of this job's."""
        return next((upload for upload in self.uploads.values() if upload.blob == blob), None)

    def next_chunk(self, pack: bool = False) -> tuple[dict[str, Any], memoryview] | None:
        """The next message of an input to send, or None while there is no credit or nothing left. ``pack``: make it
        small.
        """
        if self.state is not DreamState.SENDING:
            return None
        return next(filter(None, (upload.next_chunk(pack) for upload in self.uploads.values())), None)

    def connected(self, send: Send) -> None:
        """A new conversation with a server has begun: ask what became of the job, or send it."""
        self.retry_at = None
        if self._submitted:
            send({"t": "STATUS", "jobs": [self.job], "since": self._seen})
        else:
            self._begin(send)

    def disconnected(self) -> None:
        """The server is gone for now."""
        if not self.finished:
            self.state = DreamState.WAITING

    def on_status(self, state: str, send: Send) -> None:
        """The server's word on the job after a new greeting."""
        if state == "CANCELLED":
            self._on_given_up(send)
        elif state in ("UNKNOWN", "RELEASED"):
            self._anew(send, known=state != "UNKNOWN")
        elif state == "RECEIVING":
            self._put(send)
        elif self.download and not self.download.full:
            self._fetch(send)
        else:
            self._follow(state)

    def tick(self, now: float, send: Send) -> None:
        """Do what time demands: try again after a pause, and take up a transfer that has stalled."""
        if self.retry_at is not None and now >= self.retry_at:
            self.connected(send)
        elif self.state is DreamState.READY:
            self._fetch(send)
        elif now - self._moved_at > STALL_LIMIT:
            if self.state is DreamState.SENDING and self.fraction < 1:
                self._put(send)
            elif self.state is DreamState.RECEIVING:
                self._get(send)

    def on_have(self, header: Mapping[str, Any]) -> None:
        """The server says which chunks of an input it has and how many more it takes at once."""
        upload = self.upload_of(header["blob"])
        if upload:
            try:
                upload.resume(header["have"], header["credit"])
            except ValueError:
                upload.resume(b"", header["credit"])

    def on_accepted(self, header: Mapping[str, Any], send: Send) -> None:
        """The job is in the server's ledger; perhaps from an earlier life, and ended badly then."""
        first, self._submitted = not self._submitted, True
        if first and self.repeatable and header["state"] in ("FAILED", "CANCELLED", "RELEASED"):
            send({"t": "RELEASE", "job": self.job})
            self._anew(send)
        elif header["state"] in ("DONE", "FAILED", "CANCELLED", "RELEASED"):
            send({"t": "STATUS", "jobs": [self.job], "since": self._seen})
        else:
            self._follow(header["state"])

    def on_ack(self, blob: bytes, at: int) -> None:
        """The server has one more chunk of an input."""
        upload = self.upload_of(blob)
        if upload:
            self._moved_at = time.monotonic()
            upload.acknowledged(at)

    def on_event(self, header: Mapping[str, Any], chunk: Buffer, send: Send) -> None:
        """Something happened to the job. Events seen before are passed over."""
        if header["n"] <= self._seen or self.finished:
            return
        self._seen = header["n"]
        kind = header["kind"]
        if kind == "progress":
            self.state = DreamState.RUNNING
            self.step, self.steps = int(header.get("step", 0)), int(header.get("steps", 0))
            self.seconds_left = header.get("seconds_left")
        elif kind == "preview":
            self._take_preview(header, chunk)
        elif kind == "warning":
            self.warnings.append(str(header.get("msg", "")))
        elif kind == "state":
            self._on_state(header, send)

    def on_chunk(self, header: Mapping[str, Any], chunk: Buffer, send: Send) -> None:
        """A piece of the result."""
        if self.download is None or self.download.full:
            return
        self._moved_at = time.monotonic()
        try:
            send(self.download.take(header, chunk))
        except WireError:
            self._get(send)
            return
        if self.download.full:
            try:
                self._receive(self.download, self.download.facts)
            except WireError as error:
                self._fail(error, send)
            else:
                self._finish(DreamState.DONE, send)

    def on_error(self, error: WireError, send: Send) -> None:
        """The server refused one of the job's requests."""
        if self.finished:
            return
        self.error = error
        if error.code in ("UNKNOWN_BLOB", "UNKNOWN_JOB") and not error.field:
            self._anew(send)
        elif error.retry:
            self.state = DreamState.WAITING
            self.retry_at = time.monotonic() + max(error.retry_after, 0.5)
        else:
            self._fail(error, send)

    def cancel(self, send: Send | None) -> None:
        """Give the job up; ``send`` is None while there is no server to tell."""
        if send:
            send({"t": "CANCEL", "job": self.job})
        self._finish(DreamState.CANCELLED, send)

    def _begin(self, send: Send) -> None:
        if self._noted:
            self._noted(self.job)
        # The job goes before its bytes, so that a bad setting is refused before anything heavy moves.
        self._put(send)
        self._asked = True
        about = {"kind": self.kind, "inputs": self._inputs, "urgency": self._urgency}
        if self.lasting:
            about["lasting"] = True
        send({"t": "SUBMIT", "job": self.job, **about, **self._request()})

    def _anew(self, send: Send, *, known: bool = True) -> None:
        """Send the job once more. known: whether the server may have a job of its id, so that it needs another."""
        self._rounds += 1
        if not self._inputs:
            self._fail(no_longer_kept() if known else lost(), send)
            return
        if self._rounds >= MAX_ROUNDS:
            self._fail(self.error or WireError("INTERNAL", "The server lost this dream again and again."), send)
            return
        if self._submitted and known:
            self.job = os.urandom(16)
        self._submitted, self._seen, self.download = False, 0, None
        self._begin(send)

    def _put(self, send: Send) -> None:
        """Send the inputs, or what the server does not have of them, if they are at hand."""
        if not self._inputs:
            send({"t": "CANCEL", "job": self.job})
            self._fail(half_sent(), send)
            return
        self.state, self._moved_at = DreamState.SENDING, time.monotonic()
        for upload in self.uploads.values():
            send(upload.put())

    def _fetch(self, send: Send) -> None:
        """Get the result, unless it shall stay where it is for now."""
        if self.held:
            self.state = DreamState.READY
        else:
            self._get(send)

    def _get(self, send: Send) -> None:
        assert self.download
        self.state, self._moved_at = DreamState.RECEIVING, time.monotonic()
        send(self.download.get())

    def _download(self, blob: bytes, content: Content, facts: Mapping[str, Any]) -> Download:
        """The result ``blob``, which is to come."""
        return Download(blob, content, facts)

    def _follow(self, state: str) -> None:
        self.error = None
        if state in ("QUEUED", "RUNNING"):
            self.state = DreamState[state]

    def _on_state(self, header: Mapping[str, Any], send: Send) -> None:
        state = header.get("state")
        if state == "DONE":
            try:
                result = header["results"][self.wanted]
                self.download = self._download(result["blob"], content_of(result), header.get("facts") or {})
            except (KeyError, TypeError, ValueError, ContentError):
                self._fail(senseless(), send)
                return
            self._fetch(send)
        elif state == "FAILED":
            self._fail(WireError.from_details(header.get("error") or {}), send)
        elif state == "CANCELLED":
            self._on_given_up(send)
        elif state == "RECEIVING" and self.state is not DreamState.SENDING:  # the server has lost what it had
            self._put(send)
        else:
            self._follow(str(state))

    def _on_given_up(self, send: Send) -> None:
        """Cancelled, but not by us: the server gives up on a client that is silent for long, or its keeper did."""
        if self.lasting:
            self._fail(given_up(), send)
        else:
            self._anew(send)

    def _take_preview(self, header: Mapping[str, Any], chunk: Buffer) -> None:
        try:
            info = PictureInfo.from_header(header["picture"])
            if header.get("codec") == "zstd" and header["size"] == info.size:
                chunk = chunk_bytes(header, chunk)
            # The frame goes back to the socket: the preview keeps a copy of its own.
            self.preview = Picture.from_bytes(info, bytes(chunk))
            self.preview_serial += 1
        except (KeyError, AttributeError, PictureError, WireError):
            pass  # A preview is a courtesy; the result does not depend on it.

    def _fail(self, error: WireError, send: Send | None) -> None:
        self.error = error
        self._finish(DreamState.FAILED, send)

    def _finish(self, state: DreamState, send: Send | None) -> None:
        self.state = state
        self.uploads, self.download = {}, None
        if send and self._asked and not (self.kept and state is DreamState.DONE):
            send({"t": "RELEASE", "job": self.job})


def lost() -> WireError:
    """The error for a dream of an earlier life that the server has never heard of, or has long forgotten."""
    return WireError("UNKNOWN_JOB", "The server does not know this dream.", "Dream again.")


def no_longer_kept() -> WireError:
    """The error for a dream of an earlier life that somebody has let go of, or that is older than the server keeps."""
    return WireError("RELEASED", "The server does not keep this dream any longer.", "Dream again.")


def half_sent() -> WireError:
    """The error for a dream of an earlier life that ended before all of its pictures were sent."""
    return WireError("UNKNOWN_JOB", "This dream was not sent whole before its program ended.", "Dream again.")


def given_up() -> WireError:
    """The error for a dream that somebody else has cancelled."""
    return WireError("CANCELLED", "This dream was cancelled on the server.", "Dream again if you still want it.")


def senseless() -> WireError:
    """The error for a result that can't be one."""
    return WireError("INTERNAL", "The server finished, but its answer made no sense.", "Dream again.")
