"""``reverie serve``: the dream server."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from ..service import posts
from ..service.room import GIB, Quota
from ..service.serve import GRACE, Door, default_spool, serve


@click.command()
@click.option("--listen", default="tcp://127.0.0.1:5571", show_default=True, help="Where; port 0 takes a free one.")
@click.option(
    "--device",
    "devices",
    multiple=True,
    default=["auto"],
    show_default=True,
    help="auto (every graphics card, or the processor), cpu, cuda:0, mps; several times for several devices.",
)
@click.option(
    "--executor",
    type=click.Choice(["processes", "ray"]),
    default="processes",
    show_default=True,
    help="Dream on this machine, or on a cluster.",
)
@click.option(
    "--ray-address", default="", metavar="HOST:PORT", help="Of the cluster's head.  [default: a cluster of one]"
)
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    default=GRACE,
    show_default=True,
    metavar="SECONDS",
    help="When told to end, how long to wait for the dreams under way.",
)
@click.option(
    "--keys/--no-keys",
    default=None,
    help="Whether clients need keys. They always do where other machines can reach the server.",
)
@click.option("--host", default="", help="What others call this machine, in the line to paste.")
@click.option("--spool", type=click.Path(file_okay=False, path_type=Path), help="Folder for jobs and pictures.")
@click.option("--metrics", type=int, metavar="PORT", help="Tell Prometheus how the server does, on this machine alone.")
@click.option(
    "--quota",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="GIB",
    help="How much of the disk the dreams of each client may take.  [default: half of it]",
)
@click.option(
    "--quota-jobs",
    type=click.IntRange(min=1),
    default=Quota().jobs,
    show_default=True,
    metavar="N",
    help="How many unfinished dreams each client may have.",
)
@click.option("--json-ready", is_flag=True, help="Say where the server listens as JSON.")
def command(
    listen: str,
    devices: tuple[str, ...],
    executor: str,
    ray_address: str,
    grace: float,
    keys: bool | None,
    host: str,
    spool: Path | None,
    metrics: int | None,
    json_ready: bool,
    quota: float,
    quota_jobs: int,
) -> None:
    """Serve dreams to Blender over ZeroMQ.

    On this machine alone, unless --listen says otherwise: --listen tcp://0.0.0.0:5571 serves others too. The server
    then has a key, prints one line to paste into Blender, and speaks to nobody it has not been paired with.

    SIGTERM lets the dreams under way finish, for --grace seconds, and takes no new ones; a second one, and Ctrl-C, end
    it at once. What was not finished goes on when the server is started again.
    """
    for name in ("torch", *(["ray"] if executor == "ray" else [])):  # which only the workers import
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    workers = posts.cluster(ray_address, devices) if executor == "ray" else posts.processes(devices)
    serve(
        Door(listen, keys, host),
        workers,
        spool or default_spool(),
        json_ready,
        metrics,
        grace,
        Quota(quota_jobs, int(quota * GIB)),
    )
