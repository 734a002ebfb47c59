"""Batches that dream, in this process and in several."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from reverie.server.dream.memory import OutOfMemory
from reverie.server.frames import local
from reverie.server.frames.dreaming import dream_frame
from reverie.server.frames.failing import failed
from reverie.server.frames.local import LocalExecutor
from reverie.server.frames.processes import ProcessExecutor, local_executor
from reverie.server.frames.shots import find_cuts
from reverie.server.media.errors import ReadError
from reverie.server.still import NetworkLoader
from reverie.shared.declaration import SettingError
from reverie.shared.frames.batch import Batch, BatchJob, BatchState
from reverie.shared.frames.frame import Executor, FrameFile, FrameRequest, FrameResult
from reverie.shared.frames.numbering import find_sequence
from reverie.shared.frames.run import Run
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.frames.source import Files
from reverie.shared.settings import DreamSettings

CPU = torch.device("cpu")
QUICK = DreamSettings(octaves=1, iterations=2, precision="float32")


def job(folder: Path, out: str = "out", settings: DreamSettings = QUICK, **more: object) -> BatchJob:
    found = find_sequence(folder)
    source = Files(found.files, found.step)
    return BatchJob(source, folder.parent / out, found.pattern.name, lambda number: settings, **more)  # type: ignore[arg-type]


def finish(batch: Batch, executor: Executor) -> Batch:
    run = Run(batch, executor)
    deadline = time.monotonic() + 240
    while not batch.ended:
        assert time.monotonic() < deadline
        if not run.advance():
            time.sleep(0.005)
    assert batch.state is BatchState.DONE, batch.problem
    assert batch.progress.finished == batch.progress.total
    return batch


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def one_after_the_other(folder: Path, networks: NetworkLoader) -> dict[str, bytes]:
    """The results, dreamed without any batch."""
    memory, made = None, {}
    for path in sorted(folder.iterdir()):
        request = FrameRequest(FrameFile(".png", path.read_bytes()), ".png", QUICK, memory=memory)
        *_, last = dream_frame(request, networks, CPU)
        assert isinstance(last, FrameResult)
        made[path.name], memory = bytes(last.frame.data), last.memory
    return made


def test_a_batch_dreams_what_frames_dreamed_in_a_row_are(film: Callable[..., Path], networks: NetworkLoader) -> None:
    folder = film("in", (3, 2))
    batch = finish(Batch(job(folder)), LocalExecutor(CPU, networks))
    assert batch.progress.done == 5
    assert results(folder.parent / "out") == one_after_the_other(folder, networks)


def test_stopped_in_a_shot_it_goes_on_from_the_memory(
    film: Callable[..., Path], networks: NetworkLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = film("in", (5,))
    batch = Batch(job(folder))
    run = Run(batch, LocalExecutor(CPU, networks))
    while batch.progress.done < 3:
        run.advance()
    run.cancel()
    dreamed = []

    def counted(request: FrameRequest, *others: object):
        dreamed.append(bytes(request.frame.data))
        return dream_frame(request, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(local, "dream_frame", counted)
    finish(Batch(job(folder)), LocalExecutor(CPU, networks))
    assert len(dreamed) == 5 - batch.progress.done
    assert results(folder.parent / "out") == one_after_the_other(folder, networks)


def test_cuts_are_found_before_as_they_are_while_dreaming(film: Callable[..., Path], networks: NetworkLoader) -> None:
    folder = film("in", (3, 2, 3))
    batch = Batch(job(folder))
    run = Run(batch, LocalExecutor(CPU, networks))
    assert list(find_cuts(batch))[-1] == (8, 8)
    assert batch.shots() == [[1, 2, 3], [4, 5], [6, 7, 8]]
    while not batch.ended:
        run.advance()
    assert results(folder.parent / "out") == one_after_the_other(folder, networks)
    # It is the same work: whoever dreams it without looking first finds it done.
    assert finish(Batch(job(folder)), LocalExecutor(CPU, networks)).progress.skipped == 8


def test_a_damaged_frame_is_told_and_the_rest_is_dreamed(film: Callable[..., Path], networks: NetworkLoader) -> None:
    folder = film("in", (4,))
    broken = folder / "shot_0002.png"
    broken.write_bytes(broken.read_bytes()[:60])
    batch = finish(Batch(job(folder)), LocalExecutor(CPU, networks))
    assert [failure.number for failure in batch.failures] == [2]
    assert batch.failures[0].problem and batch.failures[0].hint
    assert set(results(folder.parent / "out")) == {"shot_0001.png", "shot_0003.png", "shot_0004.png"}


def test_two_processes_dream_what_one_does_even_when_one_is_killed(film: Callable[..., Path]) -> None:
    folder = film("in", (2, 2))
    settings = QUICK.replace(network="ornament", iterations=1)
    more = {"settings": settings, "cuts": frozenset({3})}
    finish(Batch(job(folder, "one", **more)), local_executor(["cpu"]))  # type: ignore[arg-type]
    executor = ProcessExecutor(["cpu", "cpu"])
    batch = Batch(job(folder, "two", **more))  # type: ignore[arg-type]
    try:
        run = Run(batch, executor)
        run.advance()
        assert batch.progress.now == (1, 3)
        victim = executor._workers[0].process
        assert victim and victim.pid
        os.kill(victim.pid, 9)
        while not batch.ended:
            if not run.advance():
                time.sleep(0.005)
    finally:
        executor.close()
    assert results(folder.parent / "two") == results(folder.parent / "one")
    assert len(results(folder.parent / "two")) == 4


@pytest.mark.parametrize(
    ("error", "told", "fatal"),
    [
        (SettingError("layers", "There is no layer x", "y"), "There is no layer x. Allowed: y.", False),
        (ReadError("It is damaged", "Render it again."), "It is damaged Render it again.", False),
        (OutOfMemory(64), "The dream needs more memory than there is Set Tile to 64 or less.", True),
        (RuntimeError("CUDA error: an illegal memory access"), "Please report it.", True),
        (KeyError("x"), "Something went wrong that should not: KeyError: 'x' Please report it.", False),
    ],
)
def test_what_goes_wrong_is_put_into_words(error: Exception, told: str, fatal: bool) -> None:
    event = failed(3, error)
    assert f"{event.problem} {event.hint}".endswith(told)
    assert (event.key, event.fatal, event.memory_lost) == (3, fatal, False)


@pytest.mark.parametrize(
    "frames", [pytest.param(120), pytest.param(10_000, marks=[pytest.mark.endurance, pytest.mark.timeout(3000)])]
)
def test_a_batch_costs_little_beside_its_dreams(
    film: Callable[..., Path], networks: NetworkLoader, frames: int
) -> None:
    folder = film("in", (frames,), side=16)
    settings = QUICK.replace(iterations=1)
    frame_settings = FrameSettings(coherence=0.0)
    files = [path.read_bytes() for path in sorted(folder.iterdir())]
    began = time.process_time()
    for data in files:
        request = FrameRequest(FrameFile(".png", data), ".png", settings, frame_settings)
        for _ in dream_frame(request, networks, CPU):
            pass
    bare = time.process_time() - began
    batch = Batch(job(folder, settings=settings, frames=frame_settings))
    before = resident()
    began = time.process_time()
    finish(batch, LocalExecutor(CPU, networks))
    overhead = (time.process_time() - began - bare) / frames
    assert overhead < 0.005
    # Thousands of frames leave behind what is known of them, and none of their pixels.
    assert resident() - before < 20e6 + 3000 * frames


def resident() -> float:
    """Bytes of this process in memory; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE")
