"""``reverie presets``: the looks there are, in words and on a sheet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from ...shared import presets
from ...shared.picture import Picture
from ...shared.settings import DreamSettings
from .device import device_option
from .progress import StepProgress, spoken

_FILE = click.Path(path_type=Path)


@click.group("presets", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the presets: looks to start from, for `reverie dream IN OUT --preset NAME`."""
    if ctx.invoked_subcommand is not None:
        return
    console = Console(highlight=False)
    for group in presets.GROUPS:
        console.print(f"[bold]{group}[/]")
        for preset in map(presets.load, presets.names()):
            if preset.group == group:
                console.print(f"  [bold]{preset.name}[/]  {preset.description}.", soft_wrap=True)


@command.command("sheet")
@click.argument("pictures", nargs=-1, type=_FILE)
@click.option("--out", metavar="FILE", default="sheet.png", show_default=True, type=_FILE, help="Where the sheet goes.")
@click.option("--size", default=256, show_default=True, type=click.IntRange(32, 2048), help="Of each picture, pixels.")
@click.option("--preset", "chosen", metavar="NAME", multiple=True, help="Only this preset; several times for several.")
@click.option(
    "--network", default=DreamSettings().network, show_default=True, help="What dreams where a preset names no network."
)
@device_option
def sheet_command(
    pictures: tuple[Path, ...], out: Path, size: int, chosen: tuple[str, ...], network: str, device: str
) -> None:
    """Dream all presets on PICTURES, or on three of our own, and show them side by side.

    A preset whose network's weights are not on this machine is dreamed with the other network, and marked.
    """
    began = time.monotonic()
    from ..dream.device import pick_device
    from ..media.contact_sheet import Row, contact_sheet
    from ..media.files import check_target, write_picture
    from ..sheet.looks import dream_row, settings_at_hand
    from ..still import Networks

    check_target(out)
    looks = [presets.load(name) for name in chosen or presets.names()]
    seen = _pictures(pictures, size)
    rows = [Row("as they came", [picture.pixels for picture in seen])]
    networks, where = Networks(), pick_device(device)
    with StepProgress("sheet", "preset") as progress:
        for number, look in enumerate(looks):
            settings, title = settings_at_hand(look, network)
            for event in dream_row(title, settings, seen, networks, where):
                if isinstance(event, Row):
                    rows.append(event)
                else:
                    progress.update(number, len(looks), None, event)
            progress.update(number + 1, len(looks), None)
    write_picture(out, contact_sheet(rows, size))
    click.echo(f"{out}: {len(looks)} presets on {len(seen)} pictures, dreamed in {spoken(time.monotonic() - began)}.")


def _pictures(paths: Sequence[Path], size: int) -> list[Picture]:
    from ..sheet.samples import SAMPLES, square

    if not paths:
        return [sample(size) for sample in SAMPLES.values()]
    from ..media.files import read_picture

    return [square(read_picture(path), size) for path in paths]
