"""``reverie bench``: what this machine can do."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console


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
    """How fast a picture travels to the server and back, beside a bare ZeroMQ transfer."""
    from ..bench.wire import run

    run(Console(), side, rounds)
