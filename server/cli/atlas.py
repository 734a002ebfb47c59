"""``reverie atlas``: what each channel of a layer dreams."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...shared.settings import DreamSettings
from ..networks.catalogue import CLASSES, check_layers, find
from .device import device_option
from .dream import check_network
from .progress import StepProgress, spoken

if TYPE_CHECKING:
    from ..atlas.shelf import Shelf
    from ..networks.staged import StagedNetwork

_FILE = click.Path(path_type=Path)


@click.command("atlas")
@click.argument("network")
@click.option("--layer", required=True, metavar="NAME", help="The layer; with the word classes, the network's classes.")
@click.option("--channels", default="", metavar="LIST", help="Which channels: 0-31, 40.  [default: all]")
@click.option(
    "--size",
    type=click.IntRange(32, 1024),
    default=96,
    metavar="PIXELS",
    help="The side of a thumbnail.  [32 to 1024; default: 96]",
)
@click.option("--columns", type=click.IntRange(0, 64), default=0, metavar="NUMBER", help="How many stand in a row.")
@click.option("--out", type=_FILE, metavar="FILE", help="Where to write the sheet.  [default: NETWORK-LAYER.png]")
@click.option("--singly", type=_FILE, metavar="FOLDER", help="Put every thumbnail into this folder as well.")
@device_option
def command(
    network: str,
    layer: str,
    channels: str,
    size: int,
    columns: int,
    out: Path | None,
    singly: Path | None,
    device: str,
) -> None:
    """Show what each channel of a layer of NETWORK dreams, as thumbnails with its number.

    To dream of one: reverie dream IN OUT --layers "inception4c[12]". What was dreamed once is kept; when it is
    stopped, the same command goes on.
    """
    from ..atlas.making import chosen_channels, recipe
    from ..atlas.shelf import Shelf
    from ..media.contact_sheet import Row, contact_sheet
    from ..media.files import check_target, write_picture

    began = time.monotonic()
    info = find(network)
    name, layer = info.name, check_layers(info, [layer])[0]
    out = out or Path(f"{name}-{layer.replace('/', '_')}.png")
    check_target(out)
    settings = recipe(name, layer)
    shelf = Shelf(settings, size)
    _fill(shelf, channels, settings, size, device)
    shown = chosen_channels(channels, shelf.channels or 0)
    names = info.classes if layer == CLASSES else ()
    rows = [Row(names[number] if names else str(number), [shelf.get(number)]) for number in shown]
    write_picture(out, contact_sheet(rows, size, columns))
    if singly:
        shelf.copy(shown, singly)
    count = f"{len(shown)} of {shelf.channels} channels"
    click.echo(f"{out}: {count} of {layer}, in {spoken(time.monotonic() - began)}.")


def _fill(shelf: Shelf, channels: str, settings: DreamSettings, size: int, device: str) -> None:
    """Dream what is missing, with a bar. Ctrl-C ends it in a sentence."""
    from ..atlas.making import fill

    done = missing = 0
    try:
        with StepProgress(f"{settings.network} {settings.layers}", "channel") as progress:
            for event in fill(shelf, channels, settings, size, _loader(settings, device)):
                done, missing = event.done, event.missing
                progress.update(done, missing, event.seconds_left, event.share)
    except KeyboardInterrupt:
        left = f"{missing - done} of {missing} channels are left" if missing else "nothing was dreamed yet"
        click.echo(f"Stopped: {left}. The same command goes on from there.", err=True)
        click.get_current_context().exit(130)


def _loader(settings: DreamSettings, device: str) -> Callable[[], StagedNetwork]:
    def load_network() -> StagedNetwork:
        from ..dream.device import pick_device, pick_dtype
        from ..networks.loading import load

        check_network(settings)
        place = pick_device(device)
        return load(settings.network, device=place, dtype=pick_dtype(settings.precision, place, settings.network))

    return load_network
