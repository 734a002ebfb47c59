"""``reverie serve``: the dream server."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from ..service.serve import Door, default_spool, serve


@click.command()
@click.option("--listen", default="tcp://127.0.0.1:5571", show_default=True, help="Where; port 0 takes a free one.")
@click.option(
    "--device",
    "devices",
    multiple=True,
    default=["auto"],
    show_default=True,
    help="auto, cpu, cuda:0, mps; several times for several devices.",
)
@click.option(
    "--keys/--no-keys",
    default=None,
    help="Whether clients need keys. They always do where other machines can reach the server.",
)
@click.option("--host", default="", help="What others call this machine, in the line to paste.")
@click.option("--spool", type=click.Path(file_okay=False, path_type=Path), help="Folder for jobs and pictures.")
@click.option("--metrics", type=int, metavar="PORT", help="Tell Prometheus how the server does, on this machine alone.")
@click.option("--json-ready", is_flag=True, help="Say where the server listens as JSON.")
def command(
    listen: str,
    devices: tuple[str, ...],
    keys: bool | None,
    host: str,
    spool: Path | None,
    metrics: int | None,
    json_ready: bool,
) -> None:
    """Serve dreams to Blender over ZeroMQ.

    On this machine alone, unless --listen says otherwise: --listen tcp://0.0.0.0:5571 serves others too. The server
    then has a key, prints one line to paste into Blender, and speaks to nobody it has not been paired with.
    """
    if importlib.util.find_spec("torch") is None:  # which only the workers import
        raise ModuleNotFoundError("No module named 'torch'", name="torch")
    serve(Door(listen, keys, host), devices, spool or default_spool(), json_ready, metrics)
