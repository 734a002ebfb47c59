"""The client: one connection, any number of dreams, moved on by whoever calls ``pump``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import zmq

from ..picture import Picture
from ..settings import DreamSettings
from ..wire.address import Address
from ..wire.blobs import Buffer
from ..wire.errors import WireError
from ..wire.keys import KeyPair
from . import sketch
from .connection import Connection, ConnectionState, Pulse, ServerInfo
from .dream import RemoteDream
from .job import RemoteJob, Send
from .line import Line, Way, choose

# What one pump may take of its caller's time, in seconds. A tick of Blender's interface has 10 ms; the rest is for
# other processes, which the system may let run in the middle of it for as long again.
BUDGET = 0.003


class Client:
    """Talks to one dream server without threads.

    ``pump`` is called again and again; between calls, ``state``, ``problem`` and the dreams' attributes say
    what is going on. A lost connection comes back by itself, and what was under way goes on.
    """

    def __init__(self, address: Address, name: str = "Reverie", own: KeyPair | None = None, form: str = "auto") -> None:
        """``own``: our key pair, for servers with keys. ``form``: how floats travel, see `choose`."""
        self.form = form
        self.line = Line()
        self.jobs: list[RemoteJob] = []
        self.networks: list[dict[str, Any]] = []
        self._context = zmq.Context()
        self._connection = Connection(address, name, self._context, own)
        self._greetings = 0
        self._asked: dict[bytes, RemoteJob | None] = {}
        self._connected = False
        # Cancelled, and to be let go of, while there was no server to tell.
        self._abandoned: list[RemoteJob] = []
        self._released: list[bytes] = []

    @property
    def address(self) -> Address:
        """Where the server is."""
        return self._connection.address

    @property
    def state(self) -> ConnectionState:
        """How the connection stands."""
        return self._connection.state

    @property
    def problem(self) -> WireError | None:
        """Why there is no connection, if something is known."""
        return self._connection.problem

    @property
    def server(self) -> ServerInfo | None:
        """What the server said of itself when it was last reached."""
        return self._connection.server

    @property
    def pulse(self) -> Pulse | None:
        """What the server last answered to `ping`, which is also asked by itself now and then."""
        return self._connection.pulse

    @property
    def way(self) -> Way:
        """How pictures travel, by what is known of the line just now."""
        return choose(self.form, self.address.is_loopback, self.line.rate)

    def ping(self) -> None:
        """Ask the server for a sign of life."""
        self._connection.ping()

    def connect(self) -> None:
        """Begin to connect, and stay connected until `close`."""
        self._connection.open()

    def pair(self, code: str) -> None:
        """Have the server know us from now on: ``code`` is what its ``reverie pair`` shows. Connects anew."""
        self._connection.pair(code)

    def close(self) -> None:
        """Drop everything at once. Never waits, even for a server that is gone."""
        self._connection.close()
        self._context.destroy(linger=0)

    def dream(
        self,
        picture: Picture,
        settings: DreamSettings,
        urgency: str = "interactive",
        *,
        guide: Picture | None = None,
        mask: Picture | None = None,
        noted: Callable[[bytes], None] | None = None,
    ) -> RemoteDream:
        """Ask for a dream of ``picture``; it is sent as soon as there is a server.

        guide: a picture to take after. mask: how much each place may change, by its grey values. Of any size. noted:
        told the dream's id before the first byte is sent; the server keeps its result then, until `release`.
        """
        inputs = {"picture": picture, "guide": guide, "mask": mask}
        given = {name: picture for name, picture in inputs.items() if picture is not None}
        way = self.way
        dream = RemoteDream(given, settings, urgency, noted=noted, narrow=way.narrow)
        size = sum(upload.content.size for upload in dream.uploads.values())
        if way.pack and settings.strength and sketch.is_worth(picture, size, self.line.rate):
            dream.sketch = RemoteDream(*sketch.sketched(given, settings), narrow=way.narrow)
            self.add(dream.sketch)
        self.add(dream)
        return dream

    def add(self, job: RemoteJob) -> None:
        """See to a job; it is sent as soon as there is a server."""
        self.jobs.append(job)
        if self.state is ConnectionState.CONNECTED:
            job.connected(self._sender(job))

    def cancel(self, job: RemoteJob) -> None:
        """Give a job up. Without a connection the server is told when it is back."""
        if job.finished:
            return
        if self.state is ConnectionState.CONNECTED:
            job.cancel(self._sender(job))
        else:
            job.cancel(None)
            self._abandoned.append(job)

    def release(self, job: bytes) -> None:
        """Let the server forget what it keeps of the job of that id."""
        self._released.append(job)
        self._tell_released()

    def refresh(self) -> None:
        """Ask which networks the server has; ``networks`` holds the answer once it is here."""
        self._send(None, {"t": "LIST", "what": "networks"})

    def wait(self, seconds: float) -> None:
        """Sleep until something arrives or the time is over: for callers with nothing else to do."""
        self._connection.wait(seconds)

    def pump(self, budget: float = BUDGET) -> bool:
        """Receive and send for at most about ``budget`` seconds. True when there is more to do at once."""
        deadline = time.perf_counter() + budget
        for header, chunk in self._connection.receive():
            self._take(header, chunk)
            if time.perf_counter() > deadline:
                return True
        self._follow_connection()
        self._forget_finished()
        if self.state is not ConnectionState.CONNECTED:
            return False
        now = time.monotonic()
        for job in self.jobs:
            job.tick(now, self._sender(job))
        return self._send_chunks(deadline)

    def _follow_connection(self) -> None:
        connected = self.state is ConnectionState.CONNECTED
        if self._connection.greetings != self._greetings:
            self._greetings = self._connection.greetings
            self._asked.clear()
            self.line.broken()
            self.refresh()
            for job in self._abandoned:
                job.cancel(self._sender(job))
            self._abandoned.clear()
            self._tell_released()
            for job in self.jobs:
                job.connected(self._sender(job))
        elif self._connected and not connected:
            self.line.broken()
            for job in self.jobs:
                job.disconnected()
        self._connected = connected

    def _tell_released(self) -> None:
        while self._released and self.state is ConnectionState.CONNECTED:
            self._send(None, {"t": "RELEASE", "job": self._released.pop()})

    def _forget_finished(self) -> None:
        if any(job.finished for job in self.jobs):
            self.jobs = [job for job in self.jobs if not job.finished]
            self._asked = {key: job for key, job in self._asked.items() if not (job and job.finished)}

    def _send_chunks(self, deadline: float) -> bool:
        """One chunk of each job in turn, so that two dreams share the line."""
        moved, pack = True, self._packs
        while moved and not self._connection.clogged:
            moved = False
            for job in self.jobs:
                message = job.next_chunk(pack)
                if message:
                    header, chunk = message
                    self._connection.send(header, chunk)
                    self.line.sent(header["blob"], header["at"], header["size"], len(chunk))
                    moved = True
                    if time.perf_counter() > deadline:
                        return True
        return False

    @property
    def _packs(self) -> bool:
        return self.way.pack and bool(self.server and "zstd" in self.server.features)

    def _send(self, job: RemoteJob | None, header: dict[str, Any]) -> None:
        if header["t"] == "GET" and self._packs:
            header.setdefault("codec", "zstd")
        if header["t"] != "ACK":
            header["id"] = os.urandom(16)
            self._asked[header["id"]] = job
        self._connection.send(header)

    def _sender(self, job: RemoteJob) -> Send:
        return lambda header: self._send(job, header)

    def _take(self, header: dict[str, Any], chunk: Buffer) -> None:
        """Hand a message to the job it belongs to; what belongs to none (any more) is passed over."""
        match header["t"]:
            case "CHUNK":
                for job in self.jobs:
                    if job.download and job.download.blob == header["blob"]:
                        self.line.moved(header["size"], len(chunk))
                        job.on_chunk(header, chunk, self._sender(job))
            case "ACK":
                self.line.acknowledged(header["blob"], header["at"], last=bool(header.get("full")))
                for job in self.jobs:
                    job.on_ack(header["blob"], header["at"])
            case "EVENT":
                for job in self.jobs:
                    if job.job == header["job"]:
                        job.on_event(header, chunk, self._sender(job))
            case "ERR":
                self._take_error(header)
            case kind:
                self._take_answer(kind, header)

    def _take_answer(self, kind: str, header: dict[str, Any]) -> None:
        job = self._asked.pop(header.get("re", b""), None)
        if job is None:
            if kind == "LISTING" and all("name" in item for item in header["items"]):
                self.networks = header["items"]
        elif kind == "HAVE":
            job.on_have(header)
        elif kind == "ACCEPTED" and header["job"] == job.job and not job.finished:
            job.on_accepted(header, self._sender(job))
        elif kind == "LISTING" and not job.finished:
            for item in header["items"]:
                if item.get("job") == job.job:
                    job.on_status(str(item.get("state")), self._sender(job))

    def _take_error(self, header: dict[str, Any]) -> None:
        error = WireError.from_details(header)
        if error.code == "BAD_CHUNK" and "blob" in header and isinstance(header.get("at"), int):
            for job in self.jobs:
                upload = job.upload_of(header["blob"])
                if upload:
                    upload.again(header["at"])
            return
        job = self._asked.pop(header.get("re") or b"", None)
        if job:
            job.on_error(error, self._sender(job))
