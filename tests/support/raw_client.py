"""A client that says exactly what a test tells it to, right or wrong, and remembers all it hears."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import zmq

from reverie.shared.picture import Picture
from reverie.shared.wire.blobs import CHUNK, Bitmap, chunk_header
from reverie.shared.wire.codec import decode, encode
from reverie.shared.wire.sockets import client_socket

Message = tuple[dict[str, Any], bytes]


class RawClient:
    """A DEALER socket; every message received stays in ``heard`` until a test takes it."""

    def __init__(self, endpoint: str) -> None:
        self._context = zmq.Context()
        self.socket = client_socket(self._context)
        self.socket.connect(endpoint)
        self.heard: list[Message] = []

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._context.destroy(linger=0)

    def frames(self, *frames: bytes) -> None:
        """Send frames as they are."""
        self.socket.send_multipart(list(frames))

    def send(self, kind: str, chunk: bytes | memoryview | None = None, /, **fields: Any) -> bytes:
        """Send a message with a fresh id; returns the id."""
        id_ = os.urandom(16)
        frames = [encode({"t": kind, "id": id_, **fields})]
        self.socket.send_multipart(frames if chunk is None else [*frames, bytes(chunk)])
        return id_

    def ask(self, kind: str, chunk: bytes | memoryview | None = None, /, **fields: Any) -> dict[str, Any]:
        """Send a request and wait for the first message that answers it."""
        id_ = self.send(kind, chunk, **fields)
        return self.expect(lambda header: header.get("re") == id_)[0]

    def expect(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60.0) -> Message:
        """Take the first message that is ``wanted`` out of those heard, waiting for it if need be."""
        deadline = time.monotonic() + seconds
        while True:
            for index, (header, _) in enumerate(self.heard):
                if wanted(header):
                    return self.heard.pop(index)
            assert time.monotonic() < deadline, f"not heard in {seconds} s; heard last: {self.heard[-3:]!r:.2000}"
            self.listen(0.2)

    def listen(self, seconds: float) -> None:
        """Hear whatever comes until something has, or the time is over."""
        if self.socket.poll(seconds * 1000):
            with contextlib.suppress(zmq.Again):
                while True:
                    header, *chunk = self.socket.recv_multipart(zmq.NOBLOCK)
                    self.heard.append((decode(header), chunk[0] if chunk else b""))

    def silence(self, seconds: float) -> None:
        """Listen for all of this time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.listen(0.05)

    def put(self, picture: Picture, blob: bytes | None = None) -> tuple[bytes, dict[str, Any]]:
        """Announce a picture; returns its blob and the answer."""
        blob = blob or os.urandom(16)
        return blob, self.ask("PUT", blob=blob, size=picture.info.size, picture=picture.info.header())

    def chunk(self, blob: bytes, picture: Picture, index: int) -> dict[str, Any]:
        """Send one chunk and wait for what becomes of it."""
        data = picture.data()[index * CHUNK : (index + 1) * CHUNK]
        return self.ask("CHUNK", data, **without_type(chunk_header(blob, index * CHUNK, data)))

    def upload(self, picture: Picture) -> bytes:
        """Send a whole picture, chunk by chunk; returns its blob."""
        blob, have = self.put(picture)
        answers = [self.chunk(blob, picture, index) for index in Bitmap(picture.info.size, have["have"]).missing()]
        assert answers[-1]["t"] == "ACK", answers[-1]
        return blob

    def submit(self, blob: bytes, job: bytes | None = None, **fields: Any) -> tuple[bytes, dict[str, Any]]:
        """Ask for a still of a blob, by default one that dreams nothing; returns the job and the answer."""
        job = job or os.urandom(16)
        request = {"kind": "still", "settings": {"strength": 0.0}, "inputs": {"picture": blob}} | fields
        return job, self.ask("SUBMIT", job=job, **request)

    def state(self, job: bytes, *states: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait for the event that says ``job`` is in one of ``states``."""
        return self.expect(lambda h: h["t"] == "EVENT" and h["job"] == job and h.get("state") in states, seconds)[0]

    def fetch(self, blob: bytes, size: int) -> bytes:
        """Get a whole blob."""
        data, here = bytearray(size), Bitmap(size)
        self.send("GET", blob=blob, have=b"", credit=16)
        while not here.full:
            header, chunk = self.expect(lambda h: h["t"] == "CHUNK" and h["blob"] == blob)
            data[header["at"] : header["at"] + len(chunk)] = chunk
            here.add(header["at"] // CHUNK)
            self.frames(encode({"t": "ACK", "blob": blob, "at": header["at"]}))
        return bytes(data)


def without_type(header: dict[str, Any]) -> dict[str, Any]:
    """A header's fields but for ``t``."""
    return {name: value for name, value in header.items() if name != "t"}
