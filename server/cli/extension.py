"""``reverie extension``: the zips an artist installs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from ..extension.blenders import blenders_at_hand
from ..extension.build import Built, build
from ..extension.trial import Trial, this_platform, try_extension
from ..extension.wheels import PACKAGES, PLATFORMS, PYTHONS
from .failure import Failure


@click.group("extension")
def command() -> None:
    """Build and test the extension zips for Blender."""


@command.command("build")
@click.option("--out", default="dist", show_default=True, type=click.Path(path_type=Path), help="Where the zips go.")
@click.option("--refresh", is_flag=True, help="Fetch the newest wheels again instead of those kept from last time.")
def build_command(out: Path, refresh: bool) -> None:
    """Make one zip a platform, and the static repository that offers them."""
    console = Console()
    built = _build(out, refresh, console)
    for name, path in built.zips.items():
        console.print(f"{path}  {path.stat().st_size / 1e6:.1f} MB  {name}", highlight=False, soft_wrap=True)
    console.print(f"{built.index}  the repository's page", highlight=False, soft_wrap=True)


@command.command("test")
@click.option("--zip", "zip_file", type=click.Path(exists=True, path_type=Path), help="Test this zip, not a new one.")
@click.option("--bpy", "versions", multiple=True, metavar="VERSION", help="Test in this version of bpy too (uses uv).")
def test_command(zip_file: Path | None, versions: tuple[str, ...]) -> None:
    """Install the zip into a fresh profile of every Blender found and look whether it works."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="reverie-extension-") as scratch:
        zip_file = zip_file or _build(Path(scratch), False, console).zips[this_platform()]
        trials = []
        for number, blender in enumerate(blenders_at_hand(versions)):
            with console.status(f"Trying {blender.title}"):
                trials.append(try_extension(blender, zip_file, Path(scratch, f"profile-{number}")))
    console.print(_table(trials))
    if any(trial.problems for trial in trials):
        raise Failure("The extension does not work in every Blender.", "The table above says where and why.")


def _build(out: Path, refresh: bool, console: Console) -> Built:
    wanted = len(PACKAGES) * len(PYTHONS) * len(PLATFORMS)
    columns = (TextColumn("Wheels"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=wanted)
        built = build(out, refresh, lambda wheel: progress.update(task, advance=1, description=str(wheel)))
    for wheel in built.missing:
        console.print(f"[yellow]Warning:[/] there is no {wheel}; the zip will not connect there.", highlight=False)
    return built


def _table(trials: list[Trial]) -> Table:
    table = Table("Blender", "ZeroMQ", "Outcome")
    for trial in trials:
        outcome = "[red]" + "\n".join(trial.problems) if trial.problems else "[green]works"
        table.add_row(trial.blender, trial.zmq, outcome)
    return table
