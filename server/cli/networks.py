"""``reverie networks``: what can dream here."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ..networks.catalogue import NetworkInfo, catalogue, find


@click.group("networks", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON, for scripts.")
@click.option("--all", "everything", is_flag=True, help="List all of torchvision's classifiers that can dream.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, everything: bool) -> None:
    """List the networks that can dream, their layers, and where they come from."""
    if ctx.invoked_subcommand is None:
        infos = catalogue(everything=everything)
        if as_json:
            click.echo(json.dumps([_plain(info) for info in infos], indent=2))
        else:
            Console().print(_table(infos))


@command.command("install")
@click.argument("name")
def install_command(name: str) -> None:
    """Fetch the ImageNet weights of one of torchvision's networks."""
    info = find(name)
    if info.installed:
        click.echo(f"{info.name} is installed.")
        return
    fetch_weights(info)
    click.echo(f"{info.name} is ready.")


@command.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--architecture",
    required=True,
    help="What it was trained in: bvlc_googlenet, inception5h, or one of: reverie networks --all.",
)
@click.option("--as", "name", required=True, help="What to call it: letters, digits, - and _.")
@click.option(
    "--classes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text file with the names of its classes, one a line.",
)
def add_command(file: Path, architecture: str, name: str, classes: Path | None) -> None:
    """Add a network from a state dict (.safetensors, .pth or .pt)."""
    from ..networks.adding import add

    names = classes.read_text(encoding="utf-8").splitlines() if classes else ()
    info = add(file, architecture, name, names)
    click.echo(f"{info.name} can dream now, with the layers of {architecture}.")


@command.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Remove a network that was added."""
    from ..networks.adding import remove

    remove(name)
    click.echo(f"{name} is removed.")


def fetch_weights(info: NetworkInfo) -> None:
    """Fetch a network's weights with a progress bar. Raises `WeightsError`."""
    from ..networks.installing import install

    columns = (TextColumn(info.title), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        install(info, lambda done, total: bar.update(task, completed=done, total=total or None))


def _plain(info: NetworkInfo) -> dict[str, Any]:
    """A network as JSON: its classes are counted, as a thousand names for each would bury the rest."""
    return dataclasses.asdict(info) | {"classes": len(info.classes)}


def _table(infos: list[NetworkInfo]) -> Table:
    table = Table("Name", "Installed", "Layers", "From", show_lines=True)
    for info in infos:
        layers = [f"[bold]{layer}[/]" if layer in info.default_layers else layer for layer in info.layers]
        table.add_row(info.name, "yes" if info.installed else "no", " ".join(layers), escape(info.source))
    table.caption = "Bold: what a dream excites when no layers are given. Install with: reverie networks install NAME"
    return table
