"""``reverie demo``: a texture dreamt in headless Blender, from scene to render, or a film."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ..demo import demo
from ..demo.phases import Phase
from .progress import spoken


@click.command("demo")
@click.option(
    "--out",
    default="reverie-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the pictures and the scene go.",
)
@click.option("--film", "as_film", is_flag=True, help="Dream an animation instead: the camera walks around the vase.")
@click.option("--quick", is_flag=True, hidden=True, help="Small pictures and a short dream.")
def command(out: Path, as_film: bool, quick: bool) -> None:
    """Dream a texture in Blender, end to end, and see what becomes of it.

    A dream server and Blender without windows are started; a vase painted with a photograph is rendered, its paint
    dreamt, and the vase rendered again.

    With --film, a walk around the vase is rendered with all passes, its frames are dreamt so that the dream holds still
    on what is seen, and render and dream are put side by side.
    """
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    console = Console(highlight=False)
    began = time.monotonic()
    story = demo
    if as_film:
        from ..demo import film as story
    (_show if console.is_terminal else _tell)(story.run_demo(out, quick), console)
    console.print(f"\nDone in {spoken(time.monotonic() - began)}. In {out.resolve()}:", soft_wrap=True)
    for name, what in story.FILES.items():
        console.print(f"  {name:<13} {what}")


def _stop(*_: object) -> None:
    """End the demo with its two processes; a second signal must not get in the way of that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _show(phases: Iterable[Phase], console: Console) -> None:
    """A bar for the phase under way and a line for each that is over."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=None, left="")
        for phase in phases:
            if phase.over:
                console.print(_line(phase))
            left = phase.seconds_left
            progress.update(
                bar,
                description=phase.title,
                completed=phase.seconds,
                total=None if left is None else phase.seconds + left,
                left="" if left is None else f"{spoken(left)} left",
            )


def _tell(phases: Iterable[Phase], console: Console) -> None:
    """A line for each phase that is over."""
    for phase in phases:
        if phase.over:
            console.print(_line(phase))


def _line(phase: Phase) -> str:
    return f"{phase.title:<38} {phase.seconds:5.1f} s"
