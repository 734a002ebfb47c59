"""One task of a worker: what it reports of each way a dream can go."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from reverie.server.coherence.memory import LostMemory
from reverie.server.media.errors import ReadError
from reverie.server.networks.weights import MissingWeights
from reverie.server.service import dreams
from reverie.server.service.spool import Spool
from reverie.server.service.worker import Cancelled, Task
from reverie.server.still import Done, Networks, Progress
from reverie.shared.declaration import SettingError
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings

INFO = PictureInfo((6, 5, 4), "u8", alpha="straight")
PICTURE = Picture.from_bytes(INFO, os.urandom(INFO.size))
JOB, BLOB, MASK, RESULT = b"j" * 16, b"b" * 16, b"m" * 16, b"r" * 16


class Link:
    """Keeps what is told; ``cancel_at`` is the event at which the job turns out to be cancelled."""

    def __init__(self, cancel_at: int = 10**9) -> None:
        self.told: list[dict[str, Any]] = []
        self._left = cancel_at

    def tell(self, kind: str, pixels: memoryview | None = None, **fields: Any) -> None:
        self.told.append({"t": kind, "pixels": pixels, **fields})

    def check_cancelled(self, job: bytes) -> None:
        assert job == JOB
        self._left -= 1
        if self._left < 0:
            raise Cancelled


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Link]:
    """Runs a task whose dream is the generator given; returns the link it reported on."""

    def run(dream: Callable[[Picture], Iterator[Progress | Done]], cancel_at: int = 10**9) -> Link:
        spool, link = Spool(tmp_path), Link(cancel_at)
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
        try:
            Task(order, link, spool).run(Networks(), torch.device("cpu"))  # type: ignore[arg-type]
        finally:
            assert all((report["job"], report["attempt"]) == (JOB, 2) for report in link.told)
        return link

    return run


def steps(count: int) -> Iterator[Progress]:
    return (Progress(step, count, 1.0, lambda side: PICTURE) for step in range(1, count + 1))


def raising(error: Exception) -> Callable[[Picture], Iterator[Progress | Done]]:
    def dream(picture: Picture) -> Iterator[Progress | Done]:
        yield from steps(1)
        raise error

    return dream


def test_a_dream_that_ends_well(run: Callable[..., Link], tmp_path: Path) -> None:
    def dream(picture: Picture) -> Iterator[Progress | Done]:
        yield from steps(500)
        yield Done(picture)

    told = run(dream).told
    assert told[-1]["t"] == "DONE"
    assert bytes(Spool(tmp_path).map(RESULT)) == PICTURE.data()
    progress = [report["step"] for report in told if report["t"] == "PROGRESS"]
    # 500 steps within a moment are not 500 messages, but the last one is told.
    assert len(progress) < 50 and progress[-1] == 500
    previews = [report for report in told if report["t"] == "PREVIEW"]
    assert 1 <= len(previews) < 20
    assert previews[0]["pixels"] == PICTURE.data()


def test_a_cancelled_dream_goes_no_step_further(run: Callable[..., Link], tmp_path: Path) -> None:
    seen = []

    def dream(picture: Picture) -> Iterator[Progress | Done]:
        for step in steps(100):
            seen.append(step)
            yield step

    told = run(dream, cancel_at=3).told
    assert told[-1]["t"] == "STOPPED"
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
def test_a_dream_that_fails_says_what_to_do(run: Callable[..., Link], error: Exception, code: str) -> None:
    failed = run(raising(error)).told[-1]
    assert (failed["t"], failed["code"]) == ("FAILED", code)
    assert failed["msg"] and failed["hint"]
    assert "secret" not in failed["msg"] + failed["hint"]
    assert ("secret" in failed["trace"]) == (code in ("INTERNAL", "UNKNOWN_NETWORK"))


def test_a_lost_device_ends_the_worker(run: Callable[..., Link]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(raising(RuntimeError("CUDA error: an illegal memory access was encountered")))
    assert "Traceback" not in str(caught.value)
