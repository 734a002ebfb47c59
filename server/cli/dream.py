"""``reverie dream``: dream a picture into another one, here or on a server."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from ...shared.picture import Picture
from ...shared.settings import DreamSettings
from ..networks.catalogue import find
from ..networks.targets import check_target
from .device import device_option
from .options import DreamCommand, settings_options
from .progress import StepProgress, spoken
from .remote import dreamed_there

_FILE = click.Path(path_type=Path)


@click.command("dream", cls=DreamCommand)
@click.argument("source", metavar="IN", type=_FILE)
@click.argument("target", metavar="OUT", type=_FILE)
@click.option(
    "--guide", metavar="FILE", type=_FILE, help="A picture to take after: the dream grows what is seen in it."
)
@click.option(
    "--mask",
    metavar="FILE",
    type=_FILE,
    help="Where to dream: white dreams, black stays as it is, grey dreams less. Stretched to the size of IN.",
)
@settings_options
@device_option
@click.option("--server", metavar="ADDRESS", help="Dream on the server at this address instead of in this process.")
def command(
    source: Path,
    target: Path,
    guide: Path | None,
    mask: Path | None,
    settings: DreamSettings,
    device: str,
    server: str | None,
) -> None:
    """Dream the picture IN into the new picture OUT.

    PNG, JPEG, TIFF, EXR and NumPy (.npy) files; OUT keeps the bit depth and the alpha of IN where its format can.
    """
    began = time.monotonic()
    if server is None:
        check_network(settings, guided=guide is not None)
    with StepProgress(settings.network) as progress:
        pictures = _read(source, target, settings, guide=guide, mask=mask)
        if server is None:
            result = _dream_here(pictures, settings, device, progress)
            _write(target, result, source, settings)
        else:
            with dreamed_there(pictures, settings, server, progress) as result:
                _write(target, result, source, settings)
    height, width, _ = result.info.shape
    click.echo(f"{target}: {width} × {height} pixels, dreamed in {spoken(time.monotonic() - began)}.")


def check_network(settings: DreamSettings, *, guided: bool = False) -> None:
    """Raise `SettingError` unless the network can dream of what is asked for; offer to fetch missing weights."""
    network = find(settings.network)
    check_target(network, settings.layers, guided=guided)
    if not network.installed and sys.stdin.isatty():
        from .networks import fetch_weights

        click.confirm(f"The weights of {network.title} are not on this machine. Fetch them?", default=True, abort=True)
        fetch_weights(network)


def _read(source: Path, target: Path, settings: DreamSettings, **others: Path | None) -> dict[str, Picture]:
    """What to dream on, and what goes with it, by name. The imports take seconds, and so wait for the progress bar."""
    from ..media.content import understood
    from ..media.convert import convert
    from ..media.files import check_target, read_picture
    from ..media.formats import working_form

    check_target(target)
    picture = understood(read_picture(source), settings.content)
    further = {name: read_picture(path) for name, path in others.items() if path}
    return {"picture": convert(picture, working_form(picture.info, target, settings.output)), **further}


def _write(target: Path, result: Picture, source: Path, settings: DreamSettings) -> None:
    from ..media.files import write_picture

    # A layer of detail stands beside the picture: it is no place for the other passes of its file.
    like = source if settings.output == "picture" else None
    write_picture(target, result, like=like, record=settings.record())


def _dream_here(pictures: dict[str, Picture], settings: DreamSettings, device: str, progress: StepProgress) -> Picture:
    from ..dream.device import pick_device
    from ..still import Done, Networks, dream_picture

    picture, guide, mask = (pictures.get(name) for name in ("picture", "guide", "mask"))
    assert picture
    for event in dream_picture(picture, settings, Networks(), pick_device(device), guide=guide, mask=mask):
        if isinstance(event, Done):
            return event.picture
        progress.update(event.step, event.steps, event.seconds_left)
    raise AssertionError("a dream ends with Done")
