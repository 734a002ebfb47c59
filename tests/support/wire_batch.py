"""Tiny films, and batches of them on a server: in this process, or in one of its own that can be killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from reverie.shared.client import Client
from reverie.shared.client.frames import WireExecutor
from reverie.shared.frames.batch import Batch, BatchJob, BatchState
from reverie.shared.frames.frame import Executor
from reverie.shared.frames.run import Run
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.frames.source import Files
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address

SETTINGS = DreamSettings(network="ornament", octaves=1, iterations=2)


def name(number: int) -> str:
    return f"{number:04}.png"


def film(folder: Path, frames: int, size: tuple[int, int] = (40, 56)) -> Path:
    """A texture that drifts to the right, as numbered PNGs."""
    folder.mkdir(parents=True, exist_ok=True)
    height, width = size
    texture = np.random.default_rng(7).integers(0, 255, (height, width + frames, 3), np.uint8)
    for number in range(1, frames + 1):
        start = frames - number
        Image.fromarray(texture[:, start : start + width]).save(folder / name(number))
    return folder


def job(source: Path, target: Path, coherence: float = 1.0, settings: DreamSettings = SETTINGS) -> BatchJob:
    files = Files({int(path.stem): path for path in sorted(source.glob("*.png"))}, step=1)
    return BatchJob(files, target, name, lambda number: settings, frames=FrameSettings(coherence=coherence))


def finish(job: BatchJob, executor: Executor, seconds: float = 900.0) -> Batch:
    """Do the job to its end."""
    batch = Batch(job)
    run = Run(batch, executor)
    deadline = time.monotonic() + seconds
    while not batch.ended:
        assert time.monotonic() < deadline, "it did not end in time"
        run.advance()
    return batch


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.png"))}


def connected(endpoint: str) -> Client:
    client = Client(Address.parse(endpoint), "test")
    client.connect()
    return client


def main(endpoint: str, source: str, target: str) -> int:
    """Dream a film on a server; 0 when every frame is done."""
    client = connected(endpoint)
    batch = finish(job(Path(source), Path(target)), WireExecutor(client, doze=0.01))
    client.close()
    if batch.state is not BatchState.DONE or batch.failures:
        print(batch.state, batch.problem, batch.failures, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
