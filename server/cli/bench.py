"""``reverie bench``: what this machine can do."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from .device import device_option


@click.group("bench")
def command() -> None:
    """Measure the engine and the wire on this machine."""


@command.command()
@click.option("--rounds", type=click.IntRange(1), default=9, show_default=True, help="How often each step is timed.")
@click.option("--quick", is_flag=True, help="Three rounds, and nothing larger than 512².")
@click.option("--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows here as well.")
def engine(rounds: int, quick: bool, report: Path | None) -> None:
    """What the engine promises, measured: against peers, the machine's limit, and itself at full precision."""
    from ..bench.engine.run import run

    run(Console(), rounds, quick, report)


@command.command()
@click.option("--side", type=click.IntRange(16, 8192), default=2048, show_default=True, help="Of the picture, pixels.")
@click.option("--rounds", type=click.IntRange(1), default=10, show_default=True)
def wire(side: int, rounds: int) -> None:
    """How many bytes a second the wire carries, and how long a picture takes there and back, beside bare ZeroMQ."""
    from ..bench.wire import run

    run(Console(), side, rounds)


@command.command()
@click.option("--network", default="ornament", show_default=True, help="The network that dreams.")
@click.option("--frames", type=click.IntRange(3), default=60, show_default=True, help="Of each film.")
@click.option("--width", type=click.IntRange(64), default=256, show_default=True, help="Of the films, at 16 to 9.")
@click.option("--octaves", type=click.IntRange(1), default=3, show_default=True)
@click.option("--iterations", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "--films",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder to keep the rendered films in, or to take them from; without it they are rendered for this run.",
)
@click.option("--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows here as well.")
@device_option
def film(
    network: str,
    frames: int,
    width: int,
    octaves: int,
    iterations: int,
    films: Path | None,
    report: Path | None,
    device: str,
) -> None:
    """How still dreams are held: on three films by Cycles whose motion is known, against frames dreamed alone."""
    from ...shared.settings import DreamSettings
    from ..bench.film.run import run
    from ..dream.device import pick_device

    settings = DreamSettings(network=network, octaves=octaves, iterations=iterations)
    run(Console(), settings, frames, (width, width * 9 // 16), pick_device(device), films, report)
