"""A shot: frames in a row, each of which goes on from the dream of the one before.

It is told as a story, in the order of its frames, though nothing in it ever waits: where it would, it yields, and is
taken up again later. So many shots are dreamed at once by one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..declaration import SettingError
from ..settings import DreamSettings
from .batch import Batch, BatchState, FrameState
from .errors import FrameError, Stopped
from .frame import Executor, FrameDone, FrameEvent, FrameFailed, FrameRequest, FrameResult
from .inputs import Digests
from .keys import frame_key
from .output import Standing
from .pieces import Work


@dataclass(slots=True)
class Desk:
    """What the shots of a batch share.

    asked: frames that the executor has. arrived: the last event of those it is done with. lasting: keys of frames whose
    memory stays when the batch is done.
    """

    batch: Batch
    executor: Executor
    asked: set[int] = field(default_factory=set)
    arrived: dict[int, FrameEvent] = field(default_factory=dict)
    lasting: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame that the next one may go on from. picture: the SHA-256 of the file it was dreamed from."""

    number: int
    key: str
    picture: str


class _Broken(Exception):
    """A frame can't be dreamed."""

    def __init__(self, number: int, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.number, self.problem, self.hint = number, problem, hint


class _MemoryLost(Exception):
    """The executor does not know the memory any more."""


class Shot:
    """The frames of ``numbers``, in order.

    A frame that can't be dreamed breaks the thread: the next one begins afresh, as after a cut, for neither the motion
    in a Vector pass nor any flow leads across a hole.
    """

    def __init__(self, desk: Desk, numbers: Sequence[int]) -> None:
        self._desk, self._numbers = desk, numbers
        self._place = {number: place for place, number in enumerate(numbers)}
        self._batch, self._executor = desk.batch, desk.executor
        self._source, self._output, self._inputs = desk.batch.job.source, desk.batch.output, desk.batch.inputs
        # The thread so far, from where it began afresh; and the memory of its last frame, if at hand.
        self._thread: list[_Frame] = []
        self._memory: bytes | None = None

    def dream(self) -> Work[None]:
        """Dream what is not right yet. Raises `Stopped`, and `OSError` when results can't be written."""
        place = 0
        while place < len(self._numbers):
            try:
                yield from self._see_to(self._numbers[place])
            except _Broken as broken:
                # It may be one before, right already, that can't be dreamed again for its memory.
                place = self._place[broken.number]
                self._batch.note_failure(broken.number, broken.problem, broken.hint)
                self._break_thread()
            self._inputs.drop(self._numbers[place])
            place += 1
            yield True
        if self._thread and self._numbers[-1] == self._batch.numbers[-1]:
            # Should there be more frames one day, they go on from here.
            self._desk.lasting.add(self._thread[-1].key)

    def _see_to(self, number: int) -> Work[None]:
        """One frame: it is right already, or dreamed and kept."""
        while self._inputs.awaited(number):
            yield False
        if not self._source.has(number):
            self._batch.note(number, FrameState.MISSING)
            self._break_thread()
            return
        made_from = yield from self._digests(number)
        if self._thread and (self._thread[-1].picture, made_from.frame) in self._output.record.cuts:
            self._begin_afresh()
        key = self._key(number, made_from)
        standing = yield from self._standing(number, key)
        if standing is not Standing.WANTED:
            self._batch.note(number, FrameState.SKIPPED)
            self._thread.append(_Frame(number, key, made_from.frame))
            self._memory = None
            return
        result = yield from self._dream(number, made_from)
        if result.cut and self._thread:
            self._output.record.add_cut(self._thread[-1].picture, made_from.frame)
            self._begin_afresh()
            key = self._key(number, made_from)
            standing = yield from self._standing(number, key)
        if standing is Standing.WANTED:
            yield from self._output.keep(number, key, result.frame, made_from)
        self._batch.note_warnings(number, result.warnings)
        yield from self._hand_on(_Frame(number, key, made_from.frame), result)
        self._batch.note(number, FrameState.DONE)

    def _standing(self, number: int, key: str) -> Work[Standing]:
        if not self._batch.job.wants(number):
            return Standing.RIGHT
        standing = yield from self._output.standing(number, key)
        if standing is Standing.CHANGED:
            name = self._output.path(number).name
            self._batch.note_warnings(number, (f"{name} was changed since it was dreamed, and is kept as it is.",))
        return standing

    def _key(self, number: int, made_from: Digests) -> str:
        before = self._thread[-1].key if self._thread else None
        kind = self._output.path(number).suffix
        return frame_key(self._settings(number), self._batch.frames, kind, made_from.by_name, before)

    def _dream(self, number: int, made_from: Digests) -> Work[FrameResult]:
        """Dream a frame from the memory of the one before."""
        while True:
            memory = yield from self._remember()
            try:
                return (yield from self._ask(number, made_from, memory))
            except _MemoryLost:
                self._output.forget_memory(self._thread[-1].key, self._executor.home)
                self._memory = None

    def _remember(self) -> Work[bytes | None]:
        """The memory of the thread's last frame; None where it begins afresh.

        Where it is not there any more, frames are dreamed again from the last that is, for their memory alone.
        """
        while self._thread and self._memory is None:
            place, memory = len(self._thread), None
            while place and memory is None:
                place -= 1
                memory = self._output.memory(self._thread[place].key, self._executor.home)
            if memory is not None:
                place += 1
            try:
                for frame in self._thread[place:]:
                    made_from = yield from self._digests(frame.number)
                    result = yield from self._ask(frame.number, made_from, memory)
                    self._batch.note_again(frame.number)
                    yield from self._keep_memory(frame, result.memory, place, memory)
                    place, memory = place + 1, result.memory
            except _MemoryLost:
                self._output.forget_memory(self._thread[place - 1].key, self._executor.home)
            else:
                self._memory = memory
        return self._memory

    def _ask(self, number: int, made_from: Digests, memory: bytes | None) -> Work[FrameResult]:
        """Have the executor dream a frame, and see to the next one's files meanwhile."""
        request = yield from self._request(number, made_from, memory)
        while self._batch.state is BatchState.PAUSED:
            yield False
        self._batch.note_begun(number)
        self._executor.begin(number, request)
        self._desk.asked.add(number)
        self._inputs.drop(number)
        del request
        coming = next(iter(self._numbers[self._place[number] + 1 :][:1]), None)
        while number not in self._desk.arrived:
            if coming is not None and not self._inputs.awaited(coming):
                yield from self._announce(number, coming)
                coming = None
            else:
                yield False
        self._desk.asked.discard(number)
        match self._desk.arrived.pop(number):
            case FrameDone(_, result):
                return result
            case FrameFailed(memory_lost=True) if memory is not None:
                raise _MemoryLost
            case FrameFailed(_, problem, hint, fatal):
                raise Stopped(problem, hint) if fatal else _Broken(number, problem, hint)
        raise AssertionError("a frame ends done or failed")

    def _announce(self, number: int, coming: int) -> Work[None]:
        """Tell the executor what comes after ``number``."""
        try:
            made_from = yield from self._digests(coming)
            request = yield from self._request(coming, made_from, None)
        except _Broken:
            return  # It is told of when its turn comes.
        self._executor.expect(number, request)

    def _request(self, number: int, made_from: Digests, memory: bytes | None) -> Work[FrameRequest]:
        try:
            files = yield from self._inputs.files(number, made_from)
        except FrameError as error:
            raise _Broken(number, error.problem, error.hint) from error
        return FrameRequest(
            frame=files["frame"],
            kind=self._output.path(number).suffix,
            settings=self._settings(number),
            frames=self._batch.frames,
            mask=files.get("mask"),
            guide=files.get("guide"),
            passes=files.get("passes"),
            memory=memory,
        )

    def _digests(self, number: int) -> Work[Digests]:
        try:
            return (yield from self._inputs.digests(number))
        except FrameError as error:
            raise _Broken(number, error.problem, error.hint) from error

    def _settings(self, number: int) -> DreamSettings:
        try:
            return self._batch.job.settings_at(number)
        except SettingError as error:
            raise _Broken(number, str(error), "") from error

    def _hand_on(self, frame: _Frame, result: FrameResult) -> Work[None]:
        """The thread goes on from a frame that was just dreamed."""
        if self._batch.coherent:
            yield from self._keep_memory(frame, result.memory, len(self._thread), self._memory)
            self._thread.append(frame)
            self._memory = result.memory
        else:
            self._executor.forget(result.memory)

    def _keep_memory(self, frame: _Frame, memory: bytes, place: int, before: bytes | None) -> Work[None]:
        """Keep the memory of the frame at that ``place`` in the thread, instead of the one ``before`` it."""
        yield from self._output.keep_memory(frame.key, self._executor.home, memory)
        if place:
            self._forget(self._thread[place - 1], before)

    def _begin_afresh(self) -> None:
        """Nothing goes on from the thread any more."""
        self._forget(self._thread[-1], self._memory)
        self._break_thread()

    def _break_thread(self) -> None:
        """Begin afresh. The last memory stays in its file: what broke the thread may be well another day."""
        self._thread, self._memory = [], None

    def _forget(self, frame: _Frame, memory: bytes | None) -> None:
        if memory is not None:
            self._executor.forget(memory)
        self._output.forget_memory(frame.key, self._executor.home)
