"""The demo of a film: the camera walks around the vase, and the dream of what it sees holds still."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...shared.frames.batch import Batch, BatchJob, BatchState
from ...shared.frames.errors import Stopped
from ...shared.frames.run import Run
from ...shared.frames.source import Files
from ...shared.picture import Picture
from ...shared.settings import DreamSettings
from ..film.video import write_video
from ..footage import FootageError, render
from ..frames.decoding import read_dream
from ..frames.processes import local_executor
from ..media.convert import convert
from ..media.files import read_picture, write_picture
from .phases import Clock, Phase
from .processes import DemoError, check_blender

FILES = {
    "render": "the film as it was rendered, with all passes, and its scene",
    "dream": "the same files with the layer Dream",
    "side-by-side": "render and dream, frame by frame",
    "film.mp4": "render and dream as a film",
}

_FRAMES, _SIZE, _FPS = 60, (320, 180), 24.0
_QUICK_FRAMES, _QUICK_SIZE, _QUICK_SAMPLES = 3, (96, 54), 2
# Seconds to sleep when there is nothing to do.
_NAP = 0.005


def run_demo(folder: Path, quick: bool = False) -> Iterator[Phase]:
    """Render a film, dream it and leave `FILES` in ``folder``; several events a second.

    ``quick`` makes everything small and short, for tests. Raises `DemoError`, and whatever `Batch` and `Run` raise.
    """
    check_blender()
    clock = Clock("Starting Blender")
    yield clock.now()
    frames = _QUICK_FRAMES if quick else _FRAMES
    rendered = {number: folder / "render" / _name(number) for number in range(1, frames + 1)}
    for path in rendered.values():
        path.unlink(missing_ok=True)
    yield from _rendered(folder / "render", frames, quick, clock)
    settings = DreamSettings(octaves=2, iterations=2) if quick else DreamSettings()
    job = BatchJob(Files(rendered), folder / "dream", _name, lambda _: settings, force=True)
    yield from _dreamed(Batch(job), clock)
    yield from _shown(folder, list(rendered.values()), clock)
    yield clock.now(over=True)


def _name(number: int) -> str:
    return f"{number:04}.exr"


def _rendered(folder: Path, frames: int, quick: bool, clock: Clock) -> Iterator[Phase]:
    size = _QUICK_SIZE if quick else _SIZE
    more = {"samples": _QUICK_SAMPLES} if quick else {}
    try:
        for state in render("vase", folder, frames, size, **more):
            if state.title != clock.title:
                yield clock.now(over=True)
                clock.begin(state.title)
            clock.expect(state.seconds_left)
            yield clock.now()
    except FootageError as error:
        raise DemoError(str(error), error.hint) from error


def _dreamed(batch: Batch, clock: Clock) -> Iterator[Phase]:
    yield clock.now(over=True)
    clock.begin("Dreaming the frames")
    executor = local_executor(["auto"])
    run = Run(batch, executor)
    try:
        while not batch.ended:
            if not run.advance():
                time.sleep(_NAP)
            clock.expect(batch.progress.seconds_left)
            yield clock.now()
    finally:
        run.cancel()
        executor.close()
    if batch.state is BatchState.STOPPED:
        raise Stopped(batch.problem, batch.hint)
    if batch.failures:
        first = batch.failures[0]
        raise DemoError(f"Frame {first.number} could not be dreamed: {first.problem}", first.hint)


def _shown(folder: Path, rendered: list[Path], clock: Clock) -> Iterator[Phase]:
    """Put render and dream side by side, as pictures and as a film."""
    yield clock.now(over=True)
    clock.begin("Putting them side by side")
    pairs = folder / "side-by-side"
    pairs.mkdir(exist_ok=True)
    for path in rendered:
        write_picture(pairs / f"{path.stem}.png", side_by_side(folder / "dream" / path.name))
        yield clock.now()
    for _ in write_video(folder / "film.mp4", [pairs / f"{path.stem}.png" for path in rendered], _FPS):
        yield clock.now()


def side_by_side(path: Path) -> Picture:
    """The render and, on its right, the dream in a dreamed EXR file, as a screen shows them: 8-bit sRGB."""
    before, after = read_picture(path), read_dream(path)
    pair = np.concatenate([picture.pixels[..., :3] for picture in (before, after)], axis=1, dtype=np.float32)
    linear = dataclasses.replace(before.info, shape=pair.shape, dtype="f32", alpha="none")
    shown = dataclasses.replace(linear, dtype="u8", colorspace="sRGB")
    return convert(Picture(linear, pair), shown)
