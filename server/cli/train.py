"""``reverie train``: a network of one's own."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..training.settings import TrainSettings
from .device import device_option
from .options import options_of


@click.command("train")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--as", "name", required=True, metavar="NAME", help="What to call it: letters, digits, - and _.")
@click.option("--from", "parent", metavar="NETWORK", help="Go on from this network instead of from nothing.")
@click.option("--licence", default="not stated", metavar="TEXT", help="Under which licence it may be shared.")
@options_of(TrainSettings)
@device_option
def command(folder: Path, name: str, parent: str | None, licence: str, device: str, settings: TrainSettings) -> None:
    """Train the network NAME on the pictures in FOLDER: a folder of class folders, or of pictures alone.

    Interrupt it whenever you like: the same command goes on where it was. The finished network can dream at once,
    here and in Blender.
    """
    from ..dream.device import pick_device
    from ..training.folder import read_folder
    from ..training.train import Plan, begin, finish, prepare, with_classes
    from ..training.trainer import Epoch, Learning, Trained

    plan = Plan(folder, name, parent, licence, " ".join(["reverie", *sys.argv[1:]]))
    where = pick_device(device)
    prepare(plan)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        reading = bar.add_task("Reading pictures", total=None)
        pictures = read_folder(
            folder, settings.size, lambda done, total: bar.update(reading, completed=done, total=total)
        )
        for skipped in pictures.skipped:
            console.print(f"Skipped {skipped}", highlight=False, markup=False)
        pictures = with_classes(pictures, settings)
        trainer = begin(plan, pictures, settings, where)
        learning, known = bar.add_task("Learning", total=None), ""
        for event in trainer.run():
            match event:
                case Learning(step, steps, loss, _):
                    bar.update(learning, completed=step, total=steps, description=f"Learning, loss {loss:.2f}")
                case Epoch(number, epochs, loss, clean, robust):
                    facts = f"loss {loss:.2f}, recognises {clean:.0%}, under attack {robust:.0%}"
                    console.print(f"Epoch {number} of {epochs}: {facts}", highlight=False)
                case Trained(_, clean, robust):
                    finish(plan, pictures, settings, event)
                    known = f"recognises {clean:.0%} of the pictures held out, {robust:.0%} of them under attack"
    click.echo(f"{name} can dream now: it {known}. Try: reverie dream IN OUT --network {name}")
