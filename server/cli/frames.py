"""``reverie frames``: dream an animation, frame by frame."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import time
from collections.abc import Iterator
from pathlib import Path

import click

from ...shared.declaration import SettingError
from ...shared.frames.batch import Batch, BatchJob, BatchState, Trouble
from ...shared.frames.errors import Stopped
from ...shared.frames.frame import Executor
from ...shared.frames.run import Run
from ...shared.frames.settings import FrameSettings
from ...shared.keyframes import Animated
from ...shared.settings import DreamSettings
from .device import devices_option
from .dream import check_network
from .failure import PartFailure
from .options import DreamCommand, frames_options
from .progress import StepProgress, spoken
from .sequences import find_material, many_or_one

_FILE = click.Path(path_type=Path)
_SUFFIXES = {"png": ".png", "jpeg": ".jpg", "tiff": ".tif", "exr": ".exr"}
# Seconds to sleep when there is nothing to do.
_NAP = 0.002


class _Range(click.ParamType):
    """``7`` or ``1-250``: the first and the last frame."""

    name = "A-B"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int] | None:
        if not isinstance(value, str):
            return value  # type: ignore[return-value]
        found = re.fullmatch(r"\s*(-?\d+)(?:\s*-\s*(-?\d+))?\s*", value)
        if not found or int(found[2] or found[1]) < int(found[1]):
            self.fail(f"{value!r} is no range of frames. Give one as 1-250, or a single frame.", param, ctx)
        return int(found[1]), int(found[2] or found[1])


@click.command("frames", cls=DreamCommand)
@click.argument("source", metavar="IN", type=_FILE)
@click.argument("target", metavar="OUTDIR", type=_FILE)
@click.option("--format", "kind", type=click.Choice(list(_SUFFIXES)), help="Of the results.  [default: that of IN]")
@click.option("--video", metavar="FILE", type=_FILE, help="Make an MP4 of all the frames as well, at the end.")
@click.option("--fps", type=click.FloatRange(1, 240), help="Of the MP4.  [default: that of the video IN, or 24]")
@click.option("--frames", "only", type=_Range(), metavar="A-B", help="Only these. They come out as in the whole.")
@click.option(
    "--cut",
    "cuts",
    type=int,
    multiple=True,
    metavar="FRAME",
    help="A frame that begins a new shot, where that is not to be left to being found. May be given several times.",
)
@click.option(
    "--mask",
    metavar="PATH",
    type=_FILE,
    help="Where to dream: white dreams, black does not. A folder or a pattern holds one for each frame.",
)
@click.option(
    "--passes",
    metavar="PATH",
    type=_FILE,
    help="Multilayer EXRs of the same frames, whose passes are gone by where IN has none. A folder or a pattern.",
)
@click.option("--guide", metavar="FILE", type=_FILE, help="A picture that all frames take after.")
@click.option("--force", is_flag=True, help="Replace files in OUTDIR that were not dreamed there, or changed since.")
@frames_options
@devices_option
@click.option("--server", metavar="ADDRESS", help="Dream on the server at this address instead of in this process.")
def command(
    source: Path,
    target: Path,
    kind: str | None,
    video: Path | None,
    fps: float | None,
    only: tuple[int, int] | None,
    cuts: tuple[int, ...],
    mask: Path | None,
    passes: Path | None,
    guide: Path | None,
    force: bool,
    dreams: Animated[DreamSettings],
    frames: FrameSettings,
    devices: list[str],
    server: str | None,
) -> None:
    """Dream an animation: the frames of IN into files of the same names in the folder OUTDIR.

    IN is a folder that holds one numbered sequence, a pattern as shot_####.exr, one of the frames, or a video. EXRs
    keep all their passes and get the layer Dream. Of a video, an MP4 is made as well, beside OUTDIR.

    When it is stopped, the same command goes on from there, and frames that are right already are left alone. So parts
    of a film (--frames 1-100) may be given to several machines that share OUTDIR.

    All settings of the dream may change on the way: --strength "1:0, 100:1" goes evenly from 0 at frame 1 to 1 at frame
    100, "1:0, 100:1 ease" sets off and arrives softly, and words switch at their frame.

    Exit codes: 0 all frames are done; 1 it had to stop; 2 something given can't be used; 3 some frames could not be
    dreamed, and all others are done; 130 interrupted.
    """
    began = time.monotonic()
    _check(dreams, local=server is None, guided=guide is not None)
    material = find_material(source, _SUFFIXES.get(kind or ""))
    film = video or material.film(target)
    if film:
        from ..film.video import check_video

        check_video(film)
    job = BatchJob(
        source=material.source,
        folder=target,
        name=material.name,
        settings_at=dreams.at,
        frames=frames,
        mask=many_or_one(mask),
        passes=many_or_one(passes),
        guide=guide,
        cuts=frozenset(cuts),
        only=only,
        force=force,
    )
    batch = Batch(job)
    with _executor(devices, server) as executor:
        _dream(batch, executor)
    if film:
        _film(film, batch, fps or material.fps)
    _tell(batch, film, time.monotonic() - began)


def _check(dreams: Animated[DreamSettings], *, local: bool, guided: bool) -> None:
    for settings in dreams.turns():
        if settings.output != "picture":
            raise SettingError("output", "A frame's file holds the dream; --detail-layer adds the detail", "picture")
    if local:
        for settings in {(each.network, each.layers): each for each in dreams.turns()}.values():
            check_network(settings, guided=guided)


@contextlib.contextmanager
def _executor(devices: list[str], server: str | None) -> Iterator[Executor]:
    """Whoever dreams. Raises `SettingError` for a device that is not there, `WireError` where there is no server."""
    if server is None:
        from ..frames.processes import local_executor

        with contextlib.closing(local_executor(devices)) as executor:
            yield executor
        return
    from ...shared.client.frames import WireExecutor
    from .remote import PATIENCE, answered, client_for

    with contextlib.closing(client_for(server, "reverie frames")) as client:
        client.connect()
        answered(client)
        with contextlib.closing(WireExecutor(client, patience=PATIENCE)) as executor:
            yield executor


def _dream(batch: Batch, executor: Executor) -> None:
    """Do the batch. Raises `Stopped` when it can't be done; Ctrl-C ends it in a sentence."""
    run = Run(batch, executor)
    # A computer with a server elsewhere may not have what reads pictures: then shots are found on the way.
    readable = importlib.util.find_spec("OpenImageIO") is not None
    try:
        if readable and batch.coherent and (executor.lanes > 1 or batch.job.only):
            _look_for_cuts(batch)
        with StepProgress("frames", "frame") as progress:
            told = _Told(batch, progress)
            while not batch.ended:
                if not run.advance():
                    time.sleep(_NAP)
                told.update()
    except KeyboardInterrupt:
        finished = batch.progress.finished
        run.cancel()
        total = batch.progress.total
        click.echo(f"Stopped: {finished} of {total} frames are done. The same command goes on from there.", err=True)
        click.get_current_context().exit(130)
    if batch.state is BatchState.STOPPED:
        raise Stopped(batch.problem, batch.hint)


def _look_for_cuts(batch: Batch) -> None:
    """Split the frames into shots, so that they can be dreamed at once, and none is dreamed for a later one in vain."""
    from ..frames.shots import find_cuts

    with StepProgress("looking for cuts", "frame") as progress:
        for done, frames in find_cuts(batch):
            progress.update(done, frames, None)


class _Told:
    """Tells what is new in a batch."""

    def __init__(self, batch: Batch, progress: StepProgress) -> None:
        self._batch, self._progress = batch, progress
        self._failures = self._warnings = 0

    def update(self) -> None:
        now = self._batch.progress
        self._progress.update(now.finished, now.total, now.seconds_left, min(now.share, 0.99), _pace(now.rate))
        for failure in self._batch.failures[self._failures :]:
            self._progress.warn(_sentence(failure))
        self._failures = len(self._batch.failures)
        for warning, number in list(self._batch.warnings.items())[self._warnings :]:
            self._progress.warn(f"from frame {number}: {warning}")
        self._warnings = len(self._batch.warnings)


def _pace(rate: float | None) -> str:
    if not rate:
        return ""
    return f"{rate:.1f} frames/s" if rate >= 1 else f"{1 / rate:.1f} s a frame"


def _sentence(failure: Trouble) -> str:
    return f"frame {failure.number}: {failure.problem.rstrip('.')}. {failure.hint}".rstrip()


def _film(path: Path, batch: Batch, fps: float) -> None:
    from ..film.video import write_video
    from ..frames.decoding import read_dream

    files = [file for file in (batch.output.path(number) for number in batch.numbers) if file.is_file()]
    with StepProgress(path.name, "frame") as progress:
        for number in write_video(path, files, fps, read_dream):
            progress.update(number, len(files), None)


def _tell(batch: Batch, film: Path | None, seconds: float) -> None:
    progress = batch.progress
    facts = [f"{progress.done} frames dreamed in {spoken(seconds)}"] if progress.done else []
    facts += [f"{progress.skipped} were right already"] if progress.skipped else []
    facts += [f"film in {film}"] if film else []
    click.echo(f"{batch.job.folder}: {', '.join(facts)}.")
    if batch.failures:
        first = batch.failures[0]
        raise PartFailure(f"{len(batch.failures)} of {progress.total} frames failed, first {_sentence(first)}")
