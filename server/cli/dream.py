"""``reverie dream``: dream a picture into another one, here or on a server."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...shared.settings import DreamSettings
from ..networks.catalogue import check_layers, find
from .options import settings_options
from .progress import StepProgress, spoken
from .remote import dream_there

if TYPE_CHECKING:
    from ...shared.picture import Picture


@click.command("dream")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@settings_options
@click.option(
    "--device",
    default="auto",
    metavar="NAME",
    help="Where to compute: auto, cpu, cuda:0 (a graphics card by number) or mps.  [default: auto]",
)
@click.option("--server", metavar="ADDRESS", help="Dream on the server at this address instead of in this process.")
def command(source: Path, target: Path, settings: DreamSettings, device: str, server: str | None) -> None:
    """Dream the picture IN into the new picture OUT.

    PNG, JPEG, TIFF, EXR and NumPy (.npy) files; OUT keeps the bit depth and the alpha of IN where its format can.
    """
    from ..media.convert import convert
    from ..media.files import check_target, read_picture, write_picture
    from ..media.formats import working_form

    began = time.monotonic()
    check_target(target)
    picture = read_picture(source)
    picture = convert(picture, working_form(picture.info, target))
    result = dream_there(picture, settings, server) if server else _dream_here(picture, settings, device)
    write_picture(target, result, like=source, record=settings.record())
    height, width, _ = result.info.shape
    click.echo(f"{target}: {width} × {height} pixels, dreamed in {spoken(time.monotonic() - began)}.")


def _dream_here(picture: Picture, settings: DreamSettings, device: str) -> Picture:
    network = find(settings.network)
    check_layers(network, settings.layer_names())
    if not network.installed and sys.stdin.isatty():
        from .networks import fetch_weights

        click.confirm(f"The weights of {network.title} are not on this machine. Fetch them?", default=True, abort=True)
        fetch_weights(network)
    from ..dream.device import pick_device
    from ..still import Done, Networks, dream_picture

    with StepProgress(settings.network) as shown:
        for event in dream_picture(picture, settings, Networks(), pick_device(device)):
            if isinstance(event, Done):
                return event.picture
            shown.update(event.step, event.steps, event.seconds_left)
    raise AssertionError("a dream ends with Done")
