"""One device of a cluster: its networks, kept warm, and the dreams on them, one at a time.

It runs as an actor on whichever machine Ray puts it, which has neither the server's spool nor its ledger: what a dream
needs is brought along, and what comes of it is handed back. `cluster` is the other end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..dream.device import describe, pick_device
from ..still import Networks
from .task import Task

Bytes = npt.NDArray[np.uint8]
# Kind and fields of a report, the pixels of a preview, and the blobs of what is done.
Told = tuple[str, dict[str, Any], bytes | None, dict[bytes, Bytes]]
# What is reported first of a job: that it has left the queue.
BEGUN = "BEGUN"


class Actor:
    """Ray calls ``dream`` and ``cancel`` on threads of their own, ``dream`` never twice at a time."""

    def __init__(self, device: str, threads: int) -> None:
        """``device``: as `pick_device` takes it. ``threads``: for the processor's part."""
        torch.set_num_threads(threads)
        self._device = pick_device(device)
        self._networks = Networks()
        self._unwanted: set[tuple[bytes, int]] = set()

    def describe(self) -> dict[str, Any]:
        """The device: name, kind, memory."""
        return dataclasses.asdict(describe(self._device))

    def dream(self, order: Mapping[str, Any], names: list[bytes], *blobs: Bytes) -> Iterator[Told]:
        """Do what the gateway's START asks. ``names``: of the ``blobs`` it needs."""
        attempt = (order["job"], order["attempt"])
        luggage = _Luggage(dict(zip(names, blobs, strict=True)))
        yield BEGUN, {}, None, {}
        task = Task(order, luggage, lambda: attempt in self._unwanted)
        for report in task.reports(self._networks, self._device):
            pixels = None if report.pixels is None else bytes(report.pixels)
            yield report.kind, dict(report.fields), pixels, luggage.written
        self._unwanted.discard(attempt)

    def cancel(self, job: bytes, attempt: int) -> None:
        """The job is not wanted any more, whether it has begun or waits behind another."""
        self._unwanted.add((job, attempt))


class _Luggage:
    """The blobs of one job."""

    def __init__(self, brought: Mapping[bytes, Bytes]) -> None:
        self._brought = brought
        self.written: dict[bytes, Bytes] = {}

    def map(self, blob: bytes) -> memoryview:
        return memoryview(self._brought[blob])

    def write(self, blob: bytes, data: memoryview) -> None:
        self.written[blob] = np.frombuffer(data, np.uint8)
