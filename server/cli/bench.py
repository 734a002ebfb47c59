"""``reverie bench``: what this machine can do."""

from __future__ import annotations

import click
from rich.console import Console


@click.group("bench")
def command() -> None:
    """Measure the engine and the wire on this machine."""


@command.command()
@click.option("--network", "networks", multiple=True, default=["ornament", "googlenet"], show_default=True)
@click.option("--side", "sides", type=int, multiple=True, default=[256, 512, 1024], show_default=True)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda:0, mps.")
@click.option("--quick", is_flag=True, help="Only the two small sizes.")
def engine(networks: tuple[str, ...], sides: tuple[int, ...], device: str, quick: bool) -> None:
    """Seconds per gradient step by octave size, network and precision, beside the usual way."""
    from ..bench.engine import run

    if quick:
        run(Console(), networks, (256, 512), device=device)
    else:
        run(Console(), networks, sides, device=device)


@command.command()
@click.option("--side", type=click.IntRange(16, 8192), default=2048, show_default=True, help="Of the picture, pixels.")
@click.option("--rounds", type=click.IntRange(1), default=10, show_default=True)
def wire(side: int, rounds: int) -> None:
    """How fast a picture travels to the server and back, beside a bare ZeroMQ transfer."""
    from ..bench.wire import run

    run(Console(), side, rounds)
