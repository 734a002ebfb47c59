"""Moving a batch on, by whoever has the time: a loop on the command line, a timer or a handler in Blender."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from .batch import Batch, BatchState
from .errors import Stopped, unwritten
from .frame import Executor, FrameDone, FrameFailed, FrameProgress
from .pieces import Work
from .shot import Desk, Shot


class Run:
    """A batch at work with an executor.

    Call `advance` again and again until ``batch.ended``; the executor stays open for whoever made it to close.
    """

    def __init__(self, batch: Batch, executor: Executor) -> None:
        """Take the folder for this batch alone. Raises `BatchError`, and `Stopped` when it can't be written."""
        self.batch = batch
        self._executor = executor
        self._desk = Desk(batch, executor)
        self._shots: Iterator[list[int]] | None = None
        self._lanes: list[Work[None]] = []
        try:
            batch.output.open()
        except OSError as error:
            batch.output.close()
            raise unwritten(batch.job.folder, error) from error

    def advance(self, seconds: float = 0.003) -> bool:
        """Do what can be done now, in about so many seconds; never waits. False when there is nothing to do yet.

        Whatever no later frame could survive ends the batch, with its problem and hint.
        """
        if self.batch.ended:
            return False
        deadline = time.perf_counter() + seconds
        try:
            moved = self._listen()
            while busy := self._step():
                moved = True
                if time.perf_counter() > deadline:
                    break
        except Stopped as reason:
            self._drop(BatchState.STOPPED, str(reason), reason.hint)
            return False
        except OSError as error:
            reason = unwritten(self.batch.job.folder, error)
            self._drop(BatchState.STOPPED, str(reason), reason.hint)
            return False
        # While it was busy, a lane may be empty only because its next shot has not been taken up yet.
        if not busy and not self._lanes:
            self._finish()
        return moved

    def cancel(self) -> None:
        """Stop here, now. The same job goes on another day."""
        self._drop(BatchState.CANCELLED)

    def _listen(self) -> bool:
        """Take in what the executor tells; whether it was anything."""
        told = False
        for event in self._executor.poll():
            told = True
            match event:
                case FrameProgress(number, share):
                    self.batch.note_share(number, share)
                case FrameDone(number) | FrameFailed(number):
                    self._desk.arrived[number] = event
        return told

    def _step(self) -> bool:
        """Move each lane one piece on; whether any has more to do at once."""
        # Not before: until then the batch may be told of cuts.
        self._shots = self._shots or iter(self.batch.shots())
        while len(self._lanes) < self._executor.lanes and (numbers := next(self._shots, None)):
            self._lanes.append(Shot(self._desk, numbers).dream())
        busy = False
        for lane in list(self._lanes):
            try:
                busy |= next(lane)
            except StopIteration:
                self._lanes.remove(lane)
                busy = True
        return busy

    def _finish(self) -> None:
        if not self.batch.failures:
            with contextlib.suppress(OSError):  # what stays is in nobody's way
                self.batch.output.tidy(self._desk.lasting, self._executor.home)
        self.batch.end(BatchState.DONE)

    def _drop(self, state: BatchState, problem: str = "", hint: str = "") -> None:
        for number in self._desk.asked:
            self._executor.cancel(number)
        for lane in self._lanes:
            lane.close()
        self._lanes.clear()
        self.batch.end(state, problem, hint)
