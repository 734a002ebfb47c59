"""Frames of a few bytes, dreamed by hashing: what a batch does with them can be told apart to the last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from reverie.shared.frames.batch import Batch, BatchJob
from reverie.shared.frames.frame import (
    FrameDone,
    FrameEvent,
    FrameFailed,
    FrameFile,
    FrameProgress,
    FrameRequest,
    FrameResult,
)
from reverie.shared.frames.run import Run
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.frames.source import Files
from reverie.shared.settings import DreamSettings

STILL = DreamSettings()


def paper_dream(request: FrameRequest) -> FrameResult:
    """A pure function. A picture that says "cut" begins a new shot, one that says "broken" can't be dreamed."""
    data = bytes(request.frame.data)
    if b"broken" in data:
        raise ValueError
    cut = b"cut" in data and request.memory is not None
    memory = None if cut or not request.frames.coherence else request.memory
    others = [bytes(file.data) for file in (request.mask, request.guide, request.passes) if file]
    whole = [data, request.settings.digest().encode(), request.kind.encode(), memory or b"", *others]
    digest = hashlib.sha256(b"|".join(whole)).digest()
    return FrameResult(FrameFile(request.kind, b"dreamed " + digest), digest, cut)


class PaperExecutor:
    """Dreams on paper.

    begun: the number of every frame it was asked for, in order. lost: memories it denies to know.
    """

    def __init__(
        self,
        lanes: int = 1,
        home: str = "paper",
        order: Callable[[int], int] = lambda count: 0,
        *,
        heals: bool = False,
    ) -> None:
        """``order``: which of so many frames at work is done next. heals: what is lost may be made again."""
        self._heals = heals
        self.lanes, self.home = lanes, home
        self.begun: list[int] = []
        self.lost: set[bytes] = set()
        self.forgotten: set[bytes] = set()
        self.expected: list[tuple[int, FrameRequest]] = []
        self._order = order
        self._asked: dict[int, FrameRequest] = {}

    def begin(self, key: int, request: FrameRequest) -> None:
        assert key not in self._asked and len(self._asked) < self.lanes
        assert request.memory not in self.forgotten, "what was forgotten is asked for"
        self.begun.append(key)
        self._asked[key] = request

    def expect(self, after: int, request: FrameRequest) -> None:
        assert after in self._asked
        self.expected.append((after, request))

    def forget(self, memory: bytes) -> None:
        self.forgotten.add(memory)

    def poll(self) -> Iterable[FrameEvent]:
        if not self._asked:
            return
        key = list(self._asked)[self._order(len(self._asked))]
        request = self._asked.pop(key)
        yield FrameProgress(key, 0.5)
        if self._heals and request.memory is None:
            self.lost.clear()
        if request.memory in self.lost:
            yield FrameFailed(key, "The memory is gone.", memory_lost=True)
            return
        try:
            result = paper_dream(request)
        except ValueError:
            yield FrameFailed(key, "It is broken", "Render it again.")
            return
        self.forgotten.discard(result.memory)
        yield FrameDone(key, result)

    def cancel(self, key: int) -> None:
        self._asked.pop(key, None)

    def close(self) -> None:
        self._asked.clear()


def name(number: int) -> str:
    return f"{number:04}.png"


def paper_job(
    folder: Path,
    pictures: Mapping[int, str],
    settings: Callable[[int], DreamSettings] = lambda number: STILL,
    **more: object,
) -> BatchJob:
    """A job whose pictures say what is given, in ``folder``/in; a file that says so already is left alone."""
    source = folder / "in"
    source.mkdir(parents=True, exist_ok=True)
    for number, text in pictures.items():
        path = source / name(number)
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
    files = Files({number: source / name(number) for number in pictures}, step=1)
    return BatchJob(files, folder / "out", name, settings, **more)  # type: ignore[arg-type]


def finish(job: BatchJob, executor: PaperExecutor | None = None) -> Batch:
    """Do the job to its end."""
    batch = Batch(job)
    run = Run(batch, executor or PaperExecutor())
    while not batch.ended:
        run.advance()
    return batch


def ideal(
    pictures: Mapping[int, str],
    settings: Callable[[int], DreamSettings] = lambda number: STILL,
    coherence: float = 1.0,
) -> dict[str, bytes]:
    """What the results must be: dreamed one after the other, without any batch."""
    results: dict[str, bytes] = {}
    memory, last = None, None
    for number, text in sorted(pictures.items()):
        if last != number - 1 or not coherence:
            memory = None
        last = number
        file = FrameFile(".png", text.encode())
        request = FrameRequest(file, ".png", settings(number), FrameSettings(coherence=coherence), memory=memory)
        try:
            result = paper_dream(request)
        except ValueError:
            memory = None
            continue
        results[name(number)] = bytes(result.frame.data)
        memory = result.memory
    return results


def results_in(folder: Path) -> dict[str, bytes]:
    """The files that an artist sees in ``folder``/out."""
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir() if path.is_file()}
