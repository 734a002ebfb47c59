"""What gateway and worker say to each other: msgpack maps over a loopback socket, believed only with the token.

A worker is a process that dreams: by itself on one device, or on many of a cluster. The gateway starts it, writes one
line of JSON to its standard input, its terms {address, token, device, spool, …}, and then keeps that pipe open: when it
ends, the gateway is gone, however it went, and so is the worker.

Gateway to worker: START {job, attempt, kind, settings, inputs {name: content}, results {name: blob}, after}, CANCEL
{job}. Worker to gateway, each with ``token``:

READY {devices, slots, besides}, once it works and whenever that changes: slots are the jobs it takes at a time, besides
are devices that want a worker too. BROKEN {msg, hint}: it never can work. SAYS {msg}: a sentence for the server's log.
PROGRESS {job, attempt, step, steps, seconds_left}. PREVIEW {job, attempt, picture} + pixels. DONE {job, attempt,
results {name: content}, facts}. FAILED {job, attempt, code, msg, hint, trace, field, allowed}. STOPPED {job, attempt}.
LOST {job, attempt, trace}: the device can't go on; then the worker ends or says GONE {job, attempt, blamed}: the device
that had the job is no more, and blamed is whether the job may be why. A content is {blob, size, picture or file}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import msgpack
import zmq


def pack(kind: str, fields: Mapping[str, Any]) -> bytes:
    """One message."""
    frame = msgpack.packb({"t": kind, **fields})
    assert frame is not None
    return frame


def unpack(frame: bytes | memoryview) -> dict[str, Any]:
    """The map in a frame. Raises ValueError for anything else."""
    try:
        message = msgpack.unpackb(frame, max_ext_len=0)
    except (msgpack.exceptions.UnpackException, TypeError, RecursionError) as error:
        raise ValueError("not a message of the link") from error
    if not isinstance(message, dict) or not isinstance(message.get("t"), str):
        raise ValueError("not a message of the link")
    return message


def hired() -> dict[str, Any]:
    """The terms of this worker process, which from now on ends with the gateway."""
    # Ctrl-C in a terminal, and the end of a service: the gateway's to handle, and it may let this process finish.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    line = sys.stdin.readline()
    if not line:  # the gateway is gone already
        sys.exit()
    terms = json.loads(line)
    threading.Thread(target=_end_with_gateway, daemon=True).start()
    return terms


class Link:
    """The worker's end of the socket to the gateway."""

    def __init__(self, address: str, token: str) -> None:
        self._token = token
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 1000)
        self.socket.connect(address)

    def tell(self, kind: str, pixels: bytes | memoryview | None = None, **fields: Any) -> None:
        """Send a report."""
        frames = [pack(kind, {"token": self._token, **fields})] + ([] if pixels is None else [pixels])
        self.socket.send_multipart(frames)

    def orders(self) -> Iterator[dict[str, Any]]:
        """Every order that is here. Never waits."""
        while self.socket.poll(0):
            yield unpack(self.socket.recv())

    def jobs(self) -> Iterator[dict[str, Any]]:
        """Every job to start, for ever. An order to cancel means a job that has ended already."""
        while True:
            order = unpack(self.socket.recv())
            if order["t"] == "START":
                yield order

    def is_cancelled(self, job: bytes) -> bool:
        """Whether the gateway has just said that it wants no more of ``job``. Never waits."""
        unwanted = [order["job"] for order in self.orders() if order["t"] == "CANCEL"]
        return job in unwanted


def _end_with_gateway() -> None:
    sys.stdin.read()
    os._exit(0)
