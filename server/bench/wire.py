"""``reverie bench wire``: bytes a second and pictures there and back, dreaming nothing, beside bare ZeroMQ."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.table import Table

from ...shared.client import Client, DreamState
from ...shared.picture import Picture, PictureInfo
from ...shared.settings import DreamSettings
from ...shared.wire.address import Address
from ..extension.blenders import blenders_at_hand
from ..extension.errors import ExtensionError
from ..service.local import local_server
from .bare import bare_round_trip
from .blender import blender_round_trips
from .rates import FRAME, Rates, measure


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """What one way of moving a picture took, in seconds.

    seconds: each round. ticks: each call of the pump that moved bytes. pixels: each that moved a whole picture
    between the pump and a datablock, which can't be split.
    """

    seconds: list[float]
    ticks: list[float] = field(default_factory=list)
    pixels: list[float] = field(default_factory=list)


def run(console: Console, side: int = 2048, rounds: int = 10) -> None:
    """Print bytes a second each way, and seconds for a float RGBA picture of ``side``² there and back, in one run."""
    with console.status("Bytes a second, plain and under CURVE"):
        rates = measure(rounds)
    console.print(_rates_table(rates))
    rows: dict[str, RoundTrips] = {}
    with console.status("Bare ZeroMQ"):
        rows["bare ZeroMQ"] = RoundTrips(bare_round_trip(side * side * 16, rounds))
    with local_server("cpu") as server:
        with console.status("The client and the server"):
            rows["client, server"] = client_round_trips(server.address, side, rounds)
        try:
            blenders = blenders_at_hand()
        except ExtensionError as error:
            blenders = []
            console.print(f"{error} {error.hint}")
        for blender in blenders:
            with console.status(f"{blender.title}, from datablock to datablock"):
                figures = blender_round_trips(blender, server.address, side, rounds)
            rows[blender.title] = RoundTrips(**figures)
    console.print(_table(rows, side))


def client_round_trips(address: Address, side: int, rounds: int) -> RoundTrips:
    """Send a random picture and wait until it is back, pumping as Blender does.

    One round more than ``rounds`` comes first and is not counted: it waits for the worker to start.
    """
    pixels = np.random.default_rng(0).random((side, side, 4), np.float32)
    picture = Picture(PictureInfo(pixels.shape, "f32", "Linear Rec.709", "premultiplied", "bottom-up"), pixels)
    client = Client(address, "reverie bench")
    client.connect()
    trips = RoundTrips([])
    for counted in [False] + [True] * rounds:
        start = time.perf_counter()
        dream = client.dream(picture, DreamSettings(strength=0.0))
        while not dream.finished:
            tick = time.perf_counter()
            moving = dream.state in (DreamState.SENDING, DreamState.RECEIVING)
            more = client.pump()
            if moving and counted:
                trips.ticks.append(time.perf_counter() - tick)
            if not more:
                client.wait(0.005)
        if counted:
            trips.seconds.append(time.perf_counter() - start)
        if dream.result is None or dream.result.data() != picture.data():
            raise RuntimeError(f"what came back is not what was sent ({dream.error})")
    client.close()
    return trips


def _rates_table(rates: dict[str, Rates]) -> Table:
    table = Table(
        title=f"{FRAME / 1e6:.0f} MB in chunks of 1 MiB, GB/s, median and best",
        caption="kept: seconds more until it is surely on the disk\nping: another client's meanwhile, ms: median, 99th "
        "percentile, worst",
    )
    table.add_column("", min_width=21)
    for heading in ("there", "back", "kept", "ping"):
        table.add_column(heading, justify="right")
    for name, each in rates.items():
        ways = [[FRAME / trip[way] / 1e9 for trip in each.trips if trip[way]] for way in (0, 1)]
        moved = (f"{statistics.median(way):.2f}  {max(way):.2f}" if way else "" for way in ways)
        kept = f"{statistics.median(each.kept):.3f}" if each.kept else ""
        table.add_row(name, *moved, kept, _spread(each.pings))
    return table


def _table(rows: dict[str, RoundTrips], side: int) -> Table:
    size = side * side * 16
    title = f"{side} × {side} RGBA float32, {size / 1e6:.0f} MB, there and back, strength 0"
    table = Table(title=title, caption="Ticks and whole pictures in ms: median, 99th percentile, worst")
    table.add_column("", min_width=18)
    for heading in ("s", "best", "GB/s", "× bare", "ticks", "pixels"):
        table.add_column(heading, justify="right")
    bare = statistics.median(next(iter(rows.values())).seconds)
    for name, trips in rows.items():
        median = statistics.median(trips.seconds)
        figures = [
            f"{median:.3f}",
            f"{min(trips.seconds):.3f}",
            f"{2 * size / median / 1e9:.2f}",
            f"{median / bare:.1f}",
        ]
        table.add_row(name, *figures, _spread(trips.ticks), _spread(trips.pixels))
    return table


def _spread(seconds: list[float]) -> str:
    return "/".join(f"{np.percentile(seconds, q) * 1e3:.1f}" for q in (50, 99, 100)) if seconds else ""
