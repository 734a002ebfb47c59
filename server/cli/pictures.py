"""``reverie pictures``: a training set of motifs, painted and rendered with Blender."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..pictures.classes import choose
from ..pictures.files import Folder, Recipe
from ..pictures.pictures import make_pictures, usual_jobs
from .progress import spoken

_DEFAULT = Recipe()
# Seconds between two lines in a pipe.
_PAUSE = 10.0


@click.command("pictures")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--classes", default="", metavar="A,B,…", help="Only these classes.  [default: all]")
@click.option("--per-class", type=click.IntRange(1), default=300, show_default=True, help="Training pictures of each.")
@click.option("--size", type=click.IntRange(16, 1024), default=_DEFAULT.size, show_default=True, help="Side, pixels.")
@click.option(
    "--renders",
    type=click.IntRange(1),
    default=_DEFAULT.renders,
    show_default=True,
    help="Motifs rendered of each class, to compose its pictures of.",
)
@click.option("--seed", type=click.IntRange(0), default=_DEFAULT.seed, show_default=True, help="Of all randomness.")
@click.option("--jobs", type=click.IntRange(1), default=None, help="Processes at once.  [default: one a core]")
def command(out: Path, classes: str, per_class: int, size: int, renders: int, seed: int, jobs: int | None) -> None:
    """Make the pictures a network of our own learns from, in the folder OUT.

    OUT/train and OUT/held-out get a folder of JPEG files for each class, OUT/contact-sheet.jpg shows all classes.
    Interrupted, the same command goes on where it was.
    """
    # To be ended is to be interrupted: the processes it has started end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(highlight=False)
    chosen = choose(classes)
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        shown: dict[str, tuple] = {}
        told = time.monotonic()
        for step in make_pictures(out, Recipe(seed, size, renders), chosen, per_class, jobs or usual_jobs()):
            if step.phase not in shown:
                shown[step.phase] = (bars.add_task(step.phase, total=step.total), time.monotonic())
            task, start = shown[step.phase]
            bars.update(task, completed=step.done)
            now = time.monotonic()
            if not console.is_terminal and (now - told >= _PAUSE or step.done == step.total):
                told = now
                left = (now - start) / step.done * (step.total - step.done) if 0 < step.done < step.total else None
                print(
                    f"{step.phase}: {step.done} of {step.total}" + (f", {spoken(left)} left" if left else ""),
                    flush=True,
                )
    console.print(
        f"{len(chosen)} classes in {spoken(time.monotonic() - began)}: see {Folder(out).sheet}", soft_wrap=True
    )
