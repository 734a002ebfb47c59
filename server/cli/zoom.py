"""``reverie zoom``: a film that falls into its own dream."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...shared.declaration import SettingError
from ...shared.film import Film, Motion
from ...shared.keyframes import Animated
from ...shared.settings import DreamSettings
from .device import device_option
from .dream import check_network
from .options import DreamCommand, film_options
from .progress import StepProgress, spoken

if TYPE_CHECKING:
    from ..film.making import Job

_FILE = click.Path(path_type=Path)
# The word in place of IN for a film that starts from nothing, and what it starts from where the settings don't say.
_NOISE, _USUAL_NOISE = Path("noise"), "pink"


@click.command("zoom", cls=DreamCommand)
@click.argument("source", metavar="IN", type=_FILE)
@click.argument("target", metavar="OUTDIR", type=_FILE)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["png", "exr"]),
    default="png",
    help="Of the frames. PNG keeps the bit depth of IN, EXR is scene-linear.  [default: png]",
)
@click.option("--video", metavar="FILE", type=_FILE, help="Make an MP4 of all the frames as well, at the end.")
@click.option("--force", is_flag=True, help="Begin anew, in place of a film that OUTDIR holds.")
@click.option("--guide", metavar="FILE", type=_FILE, help="A picture that all frames take after.")
@click.option(
    "--mask", metavar="FILE", type=_FILE, help="Where to dream, in every frame: white dreams, black does not."
)
@film_options
@device_option
def command(
    source: Path,
    target: Path,
    kind: str,
    video: Path | None,
    force: bool,
    guide: Path | None,
    mask: Path | None,
    dreams: Animated[DreamSettings],
    motion: Animated[Motion],
    film: Film,
    device: str,
) -> None:
    """Dream a film: every frame is a dream of the one before, zoomed, turned and shifted a little.

    It starts from the picture IN, or from nothing with the word "noise" for IN. The frames 0001, 0002 and so on go into
    the folder OUTDIR. When it is stopped, the same command goes on from the last frame.

    All settings but those of the whole film may change on the way: --step "1:1.5, 100:3" goes evenly from 1.5 at
    frame 1 to 3 at frame 100, "1:1.5, 100:3 ease" sets off and arrives softly, and words switch at their frame, as in
    --layers "1:strokes, 40:ornaments".
    """
    began = time.monotonic()
    dreams = _checked(dreams, noise=source == _NOISE, guided=guide is not None)
    from ..film.making import Job
    from ..film.zoom import Script

    script = Script(dreams, motion)
    job = Job(None if source == _NOISE else source, target, f".{kind}", film, script, guide, mask)
    _make(job, device, force, video)
    told = f", and in {video}" if video else ""
    click.echo(f"{target}: {film.frames} frames{told}, dreamed in {spoken(time.monotonic() - began)}.")


def _checked(dreams: Animated[DreamSettings], *, noise: bool, guided: bool) -> Animated[DreamSettings]:
    """The dreams, from noise if need be. Raises `SettingError` when there is something that no film can be made of."""
    if noise and dreams.still.start == "picture":
        dreams = Animated(dreams.still.replace(start=_USUAL_NOISE), dreams.tracks)
    for settings in dreams.turns():
        if settings.output != "picture":
            raise SettingError("output", "Every frame goes on from the picture of the one before", "picture")
        if settings.content == "normal":
            raise SettingError("content", "Normals would have to turn with the film", "auto, colour or data")
    # Each network is checked, and fetched if need be, once.
    for settings in {(each.network, each.layers): each for each in dreams.turns()}.values():
        check_network(settings, guided=guided)
    return dreams


def _make(job: Job, device: str, force: bool, video: Path | None) -> None:
    """Dream what is missing of the film, then make the video. Ctrl-C ends it in a sentence."""
    from ..dream.device import pick_device
    from ..film.making import frame_files, make_film
    from ..film.video import check_video, write_video
    from ..still import Networks

    if video:
        check_video(video)
    frames, done = job.film.frames, 0
    try:
        with StepProgress("film", "frame") as progress:
            for event in make_film(job, Networks(), pick_device(device), anew=force):
                done = event.frames
                progress.update(done, frames, event.seconds_left, event.share)
        if video:
            with StepProgress(video.name, "frame") as progress:
                for number in write_video(video, frame_files(job), job.film.fps):
                    progress.update(number, frames, None)
    except KeyboardInterrupt:
        click.echo(f"Stopped: {done} of {frames} frames are done. The same command goes on from there.", err=True)
        click.get_current_context().exit(130)
