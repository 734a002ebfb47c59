"""A client that has pictures dreamed whatever befalls the server, and holds it to every word it was told."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from quick_worker import negative
from raw_client import RawClient, without_type

from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.wire.blobs import CHUNK, Bitmap, chunk_header

# Three chunks, the last one short.
INFO = PictureInfo((700, 900, 4), "u8")
# What the server is silent for until it is asked again.
PATIENCE = 1.0


def picture(seed: int) -> Picture:
    """A picture like no other."""
    return Picture(INFO, np.random.default_rng(seed).integers(0, 255, INFO.shape, np.uint8))


@dataclass
class Dream:
    """One dream: what was asked, and what the server has said of it. states: in the order heard."""

    picture: Picture
    blob: bytes = field(default_factory=lambda: os.urandom(16))
    job: bytes = field(default_factory=lambda: os.urandom(16))
    acked: set[int] = field(default_factory=set)
    whole: bool = False
    accepted: bool = False
    states: list[str] = field(default_factory=list)
    result: dict[str, Any] | None = None
    sent: int = 0


class Broken(AssertionError):
    """The server has not kept its word."""


class Steadfast:
    """Sends dreams one after the other and follows them all. ``meanwhile`` is called all the time: it may kill."""

    def __init__(self, endpoint: str, dreams: list[Dream], meanwhile: Callable[[], None] = lambda: None) -> None:
        self.endpoint = endpoint
        self.dreams = dreams
        self.meanwhile = meanwhile
        self.client = RawClient(endpoint)

    def reconnect(self) -> None:
        """Begin a new conversation with the server, which may be another process."""
        self.client.__exit__(None, None, None)
        self.client = RawClient(self.endpoint)

    def close(self) -> None:
        self.client.__exit__(None, None, None)

    def run(self, seconds: float = 300.0) -> None:
        """Until every dream is done."""
        deadline = time.monotonic() + seconds
        while not all(dream.result for dream in self.dreams):
            if time.monotonic() > deadline:
                raise Broken(f"not done in {seconds} s: {[dream.states for dream in self.dreams]}")
            with contextlib.suppress(TimeoutError):
                for dream in self.dreams:
                    if not dream.result:
                        self._advance(dream)
                for _ in range(10):
                    self._hear(0.02)

    def _advance(self, dream: Dream) -> None:
        if not dream.accepted:
            self._put(dream)
            answer = self._ask("SUBMIT", job=dream.job, kind="still", inputs={"picture": dream.blob}, urgency="batch")
            if answer["t"] != "ACCEPTED":
                raise Broken(answer)
            dream.accepted = True
        (item,) = self._ask("STATUS", jobs=[dream.job], since=0)["items"]
        if item["state"] == "UNKNOWN":
            raise Broken("a job that was accepted is not known")
        if item["state"] == "RECEIVING":
            self._put(dream)

    def _put(self, dream: Dream) -> None:
        """Send what is missing of a picture: nothing that the server has said it has."""
        have = self._ask("PUT", blob=dream.blob, size=INFO.size, picture=INFO.header())
        here = Bitmap(INFO.size, have["have"])
        if not all(index in here for index in dream.acked):
            raise Broken("a piece that was acknowledged is gone")
        if dream.whole and not here.full:
            raise Broken("a picture that was whole is not")
        for index in here.missing():
            data = dream.picture.data()[index * CHUNK : (index + 1) * CHUNK]
            dream.sent += 1
            ack = self._ask("CHUNK", data, **without_type(chunk_header(dream.blob, index * CHUNK, data)))
            if ack["t"] != "ACK":
                raise Broken(ack)
            dream.acked.add(index)
            dream.whole |= ack["full"]

    def _ask(self, kind: str, chunk: bytes | memoryview | None = None, /, **fields: Any) -> dict[str, Any]:
        """The answer to a request. Raises TimeoutError where none comes; a new conversation has then begun."""
        id_ = self.client.send(kind, chunk, **fields)
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self._hear(0.01, id_)
            if found:
                return found
            if time.monotonic() > deadline:
                self.reconnect()
                raise TimeoutError

    def _hear(self, seconds: float, answer: bytes = b"") -> dict[str, Any] | None:
        self.meanwhile()
        self.client.listen(seconds)
        heard, self.client.heard = self.client.heard, []
        found = None
        for header, _ in heard:
            if header.get("re") == answer:
                found = header
            elif header["t"] == "EVENT" and header["kind"] == "state":
                self._take(header)
        return found

    def _take(self, event: dict[str, Any]) -> None:
        for dream in self.dreams:
            if dream.job == event["job"]:
                dream.states.append(event["state"])
                if event["state"] in ("FAILED", "CANCELLED"):
                    raise Broken(event)
                if event["state"] == "DONE":
                    told = event["results"]["picture"]
                    if dream.result not in (None, told):
                        raise Broken("a dream was done twice")
                    dream.result = told


def check(client: RawClient, dream: Dream) -> None:
    """What the server has of a dream that is done is what an undisturbed one would have."""
    assert dream.result
    fetched = client.fetch(dream.result["blob"], dream.result["size"])
    assert fetched == negative(dream.picture.data()), "the result is not that of an undisturbed run"
