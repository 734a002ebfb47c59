"""``reverie bench wire``: a picture to the server and back, dreaming nothing, beside bare ZeroMQ."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from ...shared.client import Client, DreamState
from ...shared.picture import Picture, PictureInfo
from ...shared.settings import DreamSettings
from ...shared.wire.address import Address
from ..service.local import local_server
from .bare import bare_round_trip
from .blender import blender_round_trips


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """What one way of moving a picture took: seconds a round, and seconds of each pump tick that moved bytes."""

    seconds: list[float]
    ticks: list[float]


def run(console: Console, side: int = 2048, rounds: int = 5) -> None:
    """Print seconds and rates for a float RGBA picture of ``side``² there and back, all in this one run."""
    size = side * side * 16
    with console.status("Bare ZeroMQ"):
        bare = RoundTrips(bare_round_trip(size, rounds), [])
    with local_server("cpu") as address:
        with console.status("The client and the server"):
            client = client_round_trips(address, side, rounds)
        with console.status("Blender, from datablock to datablock"):
            blender = blender_round_trips(address, side, rounds)
    table = Table(title=f"{side} × {side} RGBA float32, {size / 1e6:.0f} MB, there and back, strength 0")
    for heading in ("", "median s", "best s", "GB/s", "× bare", "tick p50 ms", "tick p99 ms", "tick max ms"):
        table.add_column(heading, justify="left" if not heading else "right")
    rows = {"bare ZeroMQ, 1 MiB chunks": bare, "client and server": client}
    if blender is None:
        console.print("Blender is not here (no bpy in this environment): its row is left out.")
    else:
        rows["Blender datablock to datablock"] = RoundTrips(*blender)
    for title, trips in rows.items():
        table.add_row(title, *_figures(trips, size, statistics.median(bare.seconds)))
    console.print(table)


def client_round_trips(address: Address, side: int, rounds: int) -> RoundTrips:
    """Send a random picture and wait until it is back, pumping as Blender does."""
    pixels = np.random.default_rng(0).random((side, side, 4), np.float32)
    picture = Picture(PictureInfo(pixels.shape, "f32", "Linear Rec.709", "premultiplied", "bottom-up"), pixels)
    client = Client(address, "reverie bench")
    client.connect()
    seconds, ticks = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        dream = client.dream(picture, DreamSettings(strength=0.0))
        while not dream.finished:
            tick = time.perf_counter()
            moving = dream.state in (DreamState.SENDING, DreamState.RECEIVING)
            more = client.pump()
            if moving:
                ticks.append(time.perf_counter() - tick)
            if not more:
                client.wait(0.005)
        seconds.append(time.perf_counter() - start)
        if dream.result is None or dream.result.data() != picture.data():
            raise RuntimeError(f"what came back is not what was sent ({dream.error})")
    client.close()
    return RoundTrips(seconds, ticks)


def _figures(trips: RoundTrips, size: int, bare: float) -> list[str]:
    median = statistics.median(trips.seconds)
    ticks = [np.percentile(trips.ticks, q) * 1e3 for q in (50, 99, 100)] if trips.ticks else []
    return [
        f"{median:.3f}",
        f"{min(trips.seconds):.3f}",
        f"{2 * size / median / 1e9:.2f}",
        f"{median / bare:.2f}",
        *(f"{value:.1f}" for value in ticks),
    ]
