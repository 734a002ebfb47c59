"""``reverie top``: a dream server at work, as long as one looks."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from ..service.serve import default_spool, running
from .asking import Asking, asking
from .jobs import listed, table

_SHOWN = 20


@click.command("top")
@click.option("--spool", type=click.Path(file_okay=False, path_type=Path), help="That of the server, if not the usual.")
@click.option("--once", is_flag=True, help="Show it once and end.")
def command(spool: Path | None, once: bool) -> None:
    """Watch the dream server on this computer: its devices, what waits, what runs. Ctrl-C ends it."""
    console = Console()
    with asking(running(spool or default_spool()), "reverie top") as server:
        if once:
            console.print(_view(server))
            return
        with Live(_view(server), console=console, auto_refresh=False, screen=True) as live:
            while True:
                time.sleep(1)
                live.update(_view(server), refresh=True)


def _view(server: Asking) -> Group:
    facts = Table.grid(padding=(0, 2))
    about, connection = server.ask("PULSE"), server.connection
    assert connection.server
    facts.add_row("Server", f"{connection.server.name} at {connection.address}")
    for device, works in about["working"].items():
        facts.add_row("Device", f"{device}: {'dreaming' if works else 'idle'}")
    counts = ", ".join(f"{count} {state.lower()}" for state, count in about["jobs"].items() if count) or "none"
    facts.add_row("Dreams", counts)
    facts.add_row("Clients", str(about["clients"]))
    facts.add_row("Room", f"{about['free'] / 1e9:.1f} GB for pictures")
    return Group(facts, table(listed(server)[-_SHOWN:]))
