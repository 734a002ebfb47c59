"""Dreaming frames in this process: the executor of the command line."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ...shared.frames.frame import FrameDone, FrameEvent, FrameProgress, FrameRequest, FrameResult
from ..still import NetworkLoader, Networks
from .dreaming import FrameShare, dream_frame
from .failing import failed

# Memories are bytes that say all: any process of any machine can go on from them.
HOME = "local"


class LocalExecutor:
    """One frame at a time, on one device; `poll` does the work, an event at a time."""

    lanes = 1
    home = HOME

    def __init__(self, device: torch.device, networks: NetworkLoader | None = None) -> None:
        self._device = device
        self._networks = networks or Networks()
        self._number = 0
        self._events: Iterator[FrameShare | FrameResult] | None = None

    def begin(self, key: int, request: FrameRequest) -> None:
        """Start a frame; nothing is done before `poll`."""
        self._number, self._events = key, dream_frame(request, self._networks, self._device)

    def expect(self, after: int, request: FrameRequest) -> None:
        """The file was read for this; there is nothing else to be gained in one process."""

    def forget(self, memory: bytes) -> None:
        """Nothing is kept here."""

    def poll(self) -> Iterator[FrameEvent]:
        """Dream a little further."""
        if self._events is None:
            return
        try:
            event = next(self._events)
        except Exception as error:
            self._events = None
            yield failed(self._number, error)
            return
        if isinstance(event, FrameResult):
            self._events = None
            yield FrameDone(self._number, event)
        else:
            yield FrameProgress(self._number, event.share)

    def cancel(self, key: int) -> None:
        """Give the frame up."""
        if key == self._number:
            self._events = None

    def close(self) -> None:
        """Give everything up."""
        self._events = None
