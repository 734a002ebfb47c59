"""A batch: thousands of frames, dreamed in order, that survive anything.

What a batch has done lies in the folder of its results; making it again from the same job goes on where it stopped.
`run.Run` moves it on.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ..settings import DreamSettings
from .errors import BatchError
from .inputs import Inputs
from .output import Output
from .settings import FrameSettings
from .source import OneFile, Source

# Over how many of the last frames the rate is taken.
_RECENT = 40


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What a batch is to do.

    source: the frames. folder: where the results go. name: the name of a frame's file, whose suffix tells the format.
    settings_at: the settings of a frame's dream; asked when it is about to begin, may raise `SettingError`.
    mask, passes: for each frame the file of that number; `OneFile` is for all. guide: one for all.
    cuts: numbers of frames known to begin a new shot. only: first and last number of those wanted; None: all.
    force: replace files in ``folder`` that were not dreamed there, or changed since.
    """

    source: Source
    folder: Path
    name: Callable[[int], str]
    settings_at: Callable[[int], DreamSettings]
    frames: FrameSettings = field(default_factory=FrameSettings)
    mask: Source | None = None
    passes: Source | None = None
    guide: Path | None = None
    cuts: frozenset[int] = frozenset()
    only: tuple[int, int] | None = None
    force: bool = False

    def wants(self, number: int) -> bool:
        """Whether a result of that number is asked for."""
        return self.only is None or self.only[0] <= number <= self.only[1]


class FrameState(Enum):
    """How a frame of a batch stands. SKIPPED: it was right already. MISSING: it never came."""

    WAITING = "waiting"
    DREAMING = "dreaming"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    MISSING = "missing"


class BatchState(Enum):
    """How a batch stands. STOPPED: ``problem`` and ``hint`` tell why; the same job goes on from there."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch has come.

    done, skipped, failed, missing: frames dreamed in this run, right already, given up, never rendered. total: of all.
    share: of the frames at work, together, that is done. now: their numbers. rate: frames per second of late, None
    before the first. seconds_left: for all that is left; None while unknown. again: frames dreamed once more, only
    because a later one goes on from them.
    """

    done: int
    skipped: int
    failed: int
    missing: int
    total: int
    share: float
    now: tuple[int, ...]
    rate: float | None
    seconds_left: float | None
    again: int

    @property
    def finished(self) -> int:
        """Frames that nothing more will happen to."""
        return self.done + self.skipped + self.failed + self.missing


@dataclass(frozen=True, slots=True)
class Trouble:
    """A frame that was given up, and why: a sentence each."""

    number: int
    problem: str
    hint: str


class Batch:
    """A job, and how far it has come. Whoever shows it reads the public attributes.

    failures: frames that were given up. warnings: sentences an artist should read, each with the first frame of it.
    problem, hint: why the batch is STOPPED.
    """

    def __init__(self, job: BatchJob) -> None:
        """Open the folder. Raises `BatchError`, and `OSError` when the folder can't be read."""
        self.job = job
        self.numbers = [number for number in job.source.numbers if job.wants(number)]
        if not self.numbers:
            raise BatchError("There is no frame to dream", "Give others.")
        if job.source.folder is not None and job.source.folder.resolve() == job.folder.resolve():
            raise BatchError(f"{job.folder} is where the frames come from", "Give another folder for the results.")
        self.frames = _honest(job.frames, job.source.step)
        self.output = Output(job.folder, job.name, self.numbers, force=job.force)
        sources = {"frame": job.source, "mask": job.mask, "passes": job.passes}
        sources["guide"] = OneFile(job.guide) if job.guide else None
        known = self.output.record.inputs
        self.inputs = Inputs({name: source for name, source in sources.items() if source}, known)
        self.state = BatchState.RUNNING
        self.problem = self.hint = ""
        self.failures: list[Trouble] = []
        self.warnings: dict[str, int] = {}
        self._states = dict.fromkeys(self.numbers, FrameState.WAITING)
        self._counts = Counter(self._states.values())
        self._shares: dict[int, float] = {}
        self._cuts = set(job.cuts)
        self._again = 0
        self._times: deque[float] = deque(maxlen=_RECENT)

    @property
    def coherent(self) -> bool:
        """Whether frames go on from the dreams of those before."""
        return self.frames.coherence > 0

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in (BatchState.RUNNING, BatchState.PAUSED)

    @property
    def progress(self) -> BatchProgress:
        """How far it has come, now."""
        count, rate, share = self._counts, self._rate(), sum(self._shares.values())
        left = count[FrameState.WAITING] + count[FrameState.DREAMING]
        return BatchProgress(
            done=count[FrameState.DONE],
            skipped=count[FrameState.SKIPPED],
            failed=count[FrameState.FAILED],
            missing=count[FrameState.MISSING],
            total=len(self.numbers),
            share=share,
            now=tuple(sorted(self._shares)),
            rate=rate,
            seconds_left=max(0.0, left - share) / rate if rate else None,
            again=self._again,
        )

    def state_of(self, number: int) -> FrameState:
        """How one of its frames stands."""
        return self._states[number]

    def shots(self) -> list[list[int]]:
        """The frames in rows that do not depend on one another: each goes on within itself alone.

        Frames before the first one wanted come along where that one goes on from them.
        """
        numbers = [n for n in self.job.source.numbers if self.job.wants(n) or (self.coherent and n < self.numbers[0])]
        rows: list[list[int]] = []
        for number in numbers:
            follows = self.coherent and rows and rows[-1][-1] == number - self.job.source.step
            if follows and number not in self._cuts:
                rows[-1].append(number)
            else:
                rows.append([number])
        return [row for row in rows if self.job.wants(row[-1])]

    def add_cut(self, number: int, before: str, picture: str) -> None:
        """The frame begins a new shot; ``before`` and ``picture`` are the SHA-256 of the frame before and of its own.

        To be told before the batch begins to dream. Raises `OSError`.
        """
        self._cuts.add(number)
        self.output.record.add_cut(before, picture)

    def pause(self) -> None:
        """Begin no further frame; those at work are finished."""
        if self.state is BatchState.RUNNING:
            self.state = BatchState.PAUSED

    def resume(self) -> None:
        """Go on after a pause."""
        if self.state is BatchState.PAUSED:
            self.state = BatchState.RUNNING
            self._times.clear()

    def end(self, state: BatchState, problem: str = "", hint: str = "") -> None:
        """Nothing more will happen; what there is stays. `run.Run` says so."""
        if not self.ended:
            self.state, self.problem, self.hint = state, problem, hint
            self._shares.clear()
            self.output.close()

    def note_begun(self, number: int) -> None:
        """A frame is at work: for itself, or once more for a later one."""
        self._shares[number] = 0.0
        if not self._times:
            self._times.append(time.monotonic())
        if self._states.get(number) is FrameState.WAITING:
            self._change(number, FrameState.DREAMING)

    def note(self, number: int, state: FrameState) -> None:
        """A frame stands differently now."""
        self._leave(number)
        if number in self._states:
            self._change(number, state)

    def note_share(self, number: int, share: float) -> None:
        """A frame at work has come further."""
        if number in self._shares:
            self._shares[number] = share

    def note_again(self, number: int) -> None:
        """A frame was dreamed only because a later one goes on from it."""
        self._again += 1
        self._leave(number)

    def note_failure(self, number: int, problem: str, hint: str) -> None:
        """A frame is given up."""
        self.note(number, FrameState.FAILED)
        if number in self._states:
            self.failures.append(Trouble(number, problem, hint))

    def note_warnings(self, number: int, warnings: tuple[str, ...]) -> None:
        """What an artist should read of a frame."""
        for warning in warnings:
            self.warnings.setdefault(warning, number)

    def _change(self, number: int, state: FrameState) -> None:
        self._counts[self._states[number]] -= 1
        self._counts[state] += 1
        self._states[number] = state

    def _leave(self, number: int) -> None:
        """A frame is at work no longer."""
        if self._shares.pop(number, None) is not None:
            self._times.append(time.monotonic())

    def _rate(self) -> float | None:
        if len(self._times) < 2:
            return None
        seconds = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / seconds if seconds > 0 else None


def _honest(frames: FrameSettings, step: int) -> FrameSettings:
    """A Vector pass tells the way from the frame before; where that one was left out, it is not to be believed."""
    return dataclasses.replace(frames, motion="dis") if step != 1 and frames.motion == "auto" else frames
