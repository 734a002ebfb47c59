"""One task of a worker: what it reports of each way a dream can go."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from reverie.server.coherence.memory import LostMemory
from reverie.server.media.errors import ReadError
from reverie.server.networks.weights import MissingWeights
from reverie.server.service import dreams
from reverie.server.service.spool import Spool
from reverie.server.service.task import Report, Task
from reverie.server.still import Done, Networks, Progress
from reverie.shared.declaration import SettingError
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings

INFO = PictureInfo((6, 5, 4), "u8", alpha="straight")
PICTURE = Picture.from_bytes(INFO, os.urandom(INFO.size))
JOB, BLOB, MASK, RESULT = b"j" * 16, b"b" * 16, b"m" * 16, b"r" * 16


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Report]]:
    """Runs a task whose dream is the generator given; ``cancel_at``: the event at which it turns out to be cancelled.
    Returns what it reported.
    """

    def run(dream: Callable[[Picture], Iterator[Progress | Done]], cancel_at: int = 10**9) -> list[Report]:
        spool, events = Spool(tmp_path), itertools.count()
        spool.write(BLOB, PICTURE.data())
        spool.write(MASK, PICTURE.data())
        inputs = {
            name: {"blob": blob, "picture": INFO.header()} for name, blob in {"picture": BLOB, "mask": MASK}.items()
        }
        order = {"job": JOB, "attempt": 2, "kind": "still", "settings": DreamSettings().record(), "inputs": inputs}
        order["results"] = {"picture": RESULT}

        def dream_picture(picture: Picture, *_: object, mask: Picture) -> Iterator[Progress | Done]:
            assert mask.data() == PICTURE.data()
            return dream(picture)

        monkeypatch.setattr(dreams, "dream_picture", dream_picture)
        task = Task(order, spool, lambda: next(events) >= cancel_at)
        told = list(task.reports(Networks(), torch.device("cpu")))
        assert all((report.fields["job"], report.fields["attempt"]) == (JOB, 2) for report in told)
        return told

    return run


def steps(count: int) -> Iterator[Progress]:
    return (Progress(step, count, 1.0, lambda side: PICTURE) for step in range(1, count + 1))


def raising(error: Exception) -> Callable[[Picture], Iterator[Progress | Done]]:
    def dream(picture: Picture) -> Iterator[Progress | Done]:
        yield from steps(1)
        raise error

    return dream


def test_a_dream_that_ends_well(run: Callable[..., list[Report]], tmp_path: Path) -> None:
    def dream(picture: Picture) -> Iterator[Progress | Done]:
        yield from steps(500)
        yield Done(picture)

    told = run(dream)
    assert told[-1].kind == "DONE"
    assert bytes(Spool(tmp_path).map(RESULT)) == PICTURE.data()
    progress = [report.fields["step"] for report in told if report.kind == "PROGRESS"]
    # 500 steps within a moment are not 500 messages, but the last one is told.
    assert len(progress) < 50 and progress[-1] == 500
    previews = [report for report in told if report.kind == "PREVIEW"]
    assert 1 <= len(previews) < 20
    assert previews[0].pixels == PICTURE.data()


def test_a_cancelled_dream_goes_no_step_further(run: Callable[..., list[Report]], tmp_path: Path) -> None:
    seen = []

    def dream(picture: Picture) -> Iterator[Progress | Done]:
        for step in steps(100):
            seen.append(step)
            yield step

    told = run(dream, cancel_at=3)
    assert told[-1].kind == "STOPPED"
    assert len(seen) == 4
    assert Spool(tmp_path).size(RESULT) is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MissingWeights("/home/somebody/secret.pth is missing", "Fetch it."), "UNKNOWN_NETWORK"),
        (SettingError("precision", "Half precision needs a graphics card", "float32"), "BAD_PARAM"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 TiB"), "OUT_OF_MEMORY"),
        (RuntimeError("MPS backend out of memory"), "OUT_OF_MEMORY"),
        (MemoryError(), "OUT_OF_MEMORY"),
        (OSError(errno.ENOSPC, "No space left on device", "/home/somebody/secret"), "NO_SPACE"),
        (OSError(errno.EIO, "Input/output error", "/home/somebody/secret"), "INTERNAL"),
        (ReadError("This is no picture", "Render it again."), "BAD_FILE"),
        (LostMemory("These bytes are no memory"), "UNKNOWN_JOB"),
        (ZeroDivisionError("at /home/somebody/secret.py"), "INTERNAL"),
    ],
)
def test_a_dream_that_fails_says_what_to_do(run: Callable[..., list[Report]], error: Exception, code: str) -> None:
    last = run(raising(error))[-1]
    failed = last.fields
    assert (last.kind, failed["code"]) == ("FAILED", code)
    assert failed["msg"] and failed["hint"]
    assert "secret" not in failed["msg"] + failed["hint"]
    assert ("secret" in failed["trace"]) == (code in ("INTERNAL", "UNKNOWN_NETWORK"))


def test_a_lost_device_is_told_of_and_is_no_failure_of_the_dream(run: Callable[..., list[Report]]) -> None:
    last = run(raising(RuntimeError("CUDA error: an illegal memory access was encountered")))[-1]
    assert last.kind == "LOST" and "illegal memory access" in last.fields["trace"]
