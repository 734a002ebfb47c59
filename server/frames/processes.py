"""Dreaming frames on several devices at once: a process for each."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from ...shared.frames.frame import FrameEvent, FrameFailed, FrameProgress, FrameRequest
from .local import HOME, LocalExecutor

# How often a frame is begun whose process died over it.
_ATTEMPTS = 3
# Seconds between two messages that a frame has come further.
_PAUSE = 0.1


@dataclass(slots=True)
class _Worker:
    """A process, and the frame that it has, with the attempts at it so far."""

    device: str
    process: BaseProcess | None = None
    line: Connection | None = None
    number: int | None = None
    request: FrameRequest | None = None
    attempts: int = 0


class ProcessExecutor:
    """As many frames at once as there are devices. A process that dies is started again, and so is its frame."""

    home = HOME

    def __init__(self, devices: Sequence[str]) -> None:
        """``devices``: by name, as `pick_device` takes them; the same one may come twice."""
        self.lanes = len(devices)
        self._workers = [_Worker(device) for device in devices]

    def begin(self, key: int, request: FrameRequest) -> None:
        """Start a frame on a device that has none."""
        worker = next(worker for worker in self._workers if worker.number is None)
        worker.number, worker.request, worker.attempts = key, request, 0
        _hand_over(worker)

    def expect(self, after: int, request: FrameRequest) -> None:
        """The file was read for this; the way to the process is short."""

    def forget(self, memory: bytes) -> None:
        """Nothing is kept here."""

    def poll(self) -> Iterator[FrameEvent]:
        """What the processes have told since."""
        for worker in self._workers:
            try:
                while worker.line and worker.line.poll():
                    event: FrameEvent = worker.line.recv()
                    # What was given up may still have something to say.
                    if worker.number == event.key:
                        if not isinstance(event, FrameProgress):
                            worker.number = worker.request = None
                        yield event
            except (EOFError, OSError):
                yield from _bury(worker)

    def cancel(self, key: int) -> None:
        """Give a frame up, and its process with it: another starts when there is more to do."""
        for worker in self._workers:
            if worker.number == key:
                worker.number = worker.request = None
                _end(worker)

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            _end(worker)


def _hand_over(worker: _Worker) -> None:
    worker.attempts += 1
    try:
        if worker.line is None:
            _start(worker)
        assert worker.line
        worker.line.send((worker.number, worker.request))
    except OSError:
        pass  # It has died; `poll` finds out.


def _start(worker: _Worker) -> None:
    # A fork would take a copy of a torch at work along.
    context = multiprocessing.get_context("spawn")
    worker.line, theirs = context.Pipe()
    worker.process = context.Process(target=_work, args=(worker.device, theirs), daemon=True)
    worker.process.start()
    theirs.close()


def _bury(worker: _Worker) -> Iterator[FrameEvent]:
    """See to a worker that has died, and to its frame."""
    _end(worker)
    if worker.number is None:
        return
    if worker.attempts < _ATTEMPTS:
        _hand_over(worker)
        return
    number, worker.number, worker.request = worker.number, None, None
    hint = "Try a smaller tile: the system may have been short of memory."
    yield FrameFailed(number, f"The process that dreams on {worker.device} ended over it again and again", hint)


def _end(worker: _Worker) -> None:
    if worker.process:
        worker.process.kill()
        worker.process.join()
    if worker.line:
        worker.line.close()
    worker.process = worker.line = None


def _work(device: str, line: Connection) -> None:
    """What the process does, until the one that started it is gone."""
    # Here, so that whoever starts processes need not wait for torch.
    from ..dream.device import pick_device

    executor = LocalExecutor(pick_device(device))
    told = 0.0
    try:
        while True:
            executor.begin(*line.recv())
            busy = True
            while busy:
                for event in executor.poll():
                    busy = isinstance(event, FrameProgress)
                    if not busy or time.monotonic() - told > _PAUSE:
                        told = time.monotonic()
                        line.send(event)
    except (EOFError, OSError, KeyboardInterrupt):
        pass


def local_executor(devices: Sequence[str]) -> LocalExecutor | ProcessExecutor:
    """Whoever dreams on these devices. Raises `SettingError` when this machine has not all of them."""
    from ..dream.device import pick_device

    found = [pick_device(device) for device in devices]
    return LocalExecutor(found[0]) if len(found) == 1 else ProcessExecutor([str(device) for device in found])
