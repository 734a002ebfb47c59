"""The worker: a process that holds the networks of one device and dreams one job at a time.

Started by the gateway, which writes one line of JSON to its standard input and then keeps that pipe open: when it
ends, the gateway is gone, however it went, and so is the worker.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import zmq

from ...shared.declaration import SettingError
from ...shared.wire.content import described
from ..coherence.memory import LostMemory
from ..dream.device import describe, pick_device
from ..dream.memory import ran_out
from ..media.errors import MediaError
from ..networks.loading import WeightsError
from ..still import Networks
from .dreams import Outcome, Underway, dream, network_of
from .link import pack, unpack
from .spool import Spool

PROGRESS_EVERY = 0.1
PREVIEW_EVERY = 0.25
PREVIEW_SIDE = 512

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """The gateway wants no more of the job at hand."""


class Link:
    """The worker's end of the socket to the gateway."""

    def __init__(self, address: str, token: str) -> None:
        self._token = token
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 1000)
        self._socket.connect(address)

    def tell(self, kind: str, pixels: memoryview | None = None, **fields: Any) -> None:
        """Send a report."""
        frames = [pack(kind, {"token": self._token, **fields})] + ([] if pixels is None else [pixels])
        self._socket.send_multipart(frames)

    def orders(self) -> Iterator[dict[str, Any]]:
        """Every job to start. An order to cancel means a job that has ended already."""
        while True:
            order = unpack(self._socket.recv())
            if order["t"] == "START":
                yield order

    def check_cancelled(self, job: bytes) -> None:
        """Raises `Cancelled` when the gateway has said so of ``job``. Never waits."""
        while self._socket.poll(0):
            order = unpack(self._socket.recv())
            if order["t"] == "CANCEL" and order["job"] == job:
                raise Cancelled


class Task:
    """One attempt at one job."""

    def __init__(self, order: dict[str, Any], link: Link, spool: Spool) -> None:
        """``order``: the gateway's START."""
        self._order = order
        self._link = link
        self._spool = spool
        self._about = {"job": order["job"], "attempt": order["attempt"]}
        self._next_progress = self._next_preview = 0.0

    def run(self, networks: Networks, device: torch.device) -> None:
        """Dream, and report how it went. What breaks the device for good ends the process: a new one starts anew."""
        try:
            self._dream(networks, device)
        except Cancelled:
            self._link.tell("STOPPED", **self._about)
        except WeightsError as error:
            # What it says names folders of this machine: that is for the log alone.
            name = network_of(self._order)
            msg = f"The server has no weights of {name} that it can use."
            hint = f"Run there: reverie networks install {name}. The server's log says more."
            self._fail("UNKNOWN_NETWORK", msg, hint, f"{error}. {error.hint}")
        except SettingError as error:
            hint = f"Allowed: {error.allowed}."
            self._fail("BAD_PARAM", f"{error.problem}.", hint, field=error.field, allowed=error.allowed)
        except LostMemory:
            hint = "Dream the shot from its first frame."
            self._fail("UNKNOWN_JOB", "The memory of the frame before is of no use any more.", hint, field="after")
        except MediaError as error:
            self._fail("BAD_FILE", str(error), error.hint)
        except Exception as error:
            if ran_out(error):
                hint = getattr(error, "hint", "Set a smaller tile.")
                return self._fail("OUT_OF_MEMORY", "The dream needs more memory than there is.", hint)
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                return self._fail("NO_SPACE", "The server's disk is too full for what was dreamed.", "Make room there.")
            trace = traceback.format_exc()
            if _device_is_lost(error):
                self._link.tell("LOST", **self._about, trace=trace)
                sys.exit(f"The device was lost: {type(error).__name__}")
            self._fail("INTERNAL", "The dream failed by a fault of Reverie's.", "The server's log says more.", trace)

    def _dream(self, networks: Networks, device: torch.device) -> None:
        for event in dream(self._order, self._spool, networks, device):
            self._link.check_cancelled(self._order["job"])
            if isinstance(event, Outcome):
                self._hand_in(event)
            else:
                self._report(event)

    def _hand_in(self, outcome: Outcome) -> None:
        results = {}
        for name, (content, data) in outcome.results.items():
            blob = self._order["results"][name]
            self._spool.write(blob, memoryview(data))
            results[name] = {"blob": blob, **described(content)}
        self._link.tell("DONE", **self._about, results=results, facts=outcome.facts)

    def _report(self, event: Underway) -> None:
        now = time.monotonic()
        if now >= self._next_progress or event.step == event.steps:
            self._next_progress = now + PROGRESS_EVERY
            facts = {"step": event.step, "steps": event.steps, "seconds_left": event.seconds_left}
            self._link.tell("PROGRESS", **self._about, **facts)
        if event.preview and now >= self._next_preview:
            self._next_preview = now + PREVIEW_EVERY
            preview = event.preview(PREVIEW_SIDE)
            self._link.tell("PREVIEW", preview.data(), **self._about, picture=preview.info.header())

    def _fail(self, code: str, msg: str, hint: str, trace: str = "", field: str = "", allowed: str = "") -> None:
        self._link.tell(
            "FAILED", **self._about, code=code, msg=msg, hint=hint, trace=trace, field=field, allowed=allowed
        )


def main() -> None:
    """Do what standard input says, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the gateway's to handle.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s worker: %(message)s")
    orders = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_gateway, daemon=True).start()
    link = Link(orders["address"], orders["token"])
    try:
        device = pick_device(orders["device"])
    except ValueError as error:
        link.tell("BROKEN", msg=str(error), hint=getattr(error, "hint", ""))
        return
    facts = describe(device)
    link.tell("READY", devices=[{"name": facts.name, "kind": facts.kind, "memory": facts.memory}])
    networks, spool = Networks(), Spool(Path(orders["spool"]))
    for order in link.orders():
        Task(order, link, spool).run(networks, device)


def _device_is_lost(error: Exception) -> bool:
    """Whether the device can't be used any more by this process, as after a CUDA error."""
    return isinstance(error, getattr(torch, "AcceleratorError", ())) or "CUDA error" in str(error)


def _end_with_gateway() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
