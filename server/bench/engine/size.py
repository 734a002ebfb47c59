"""Rows on size: large pictures cost by the pixel, and memory is bounded. Each dream runs in a process of its own."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from ....shared.settings import DreamSettings
from ...dream.memory import bytes_per_pixel
from ...dream.still import dream_still
from ...dream.tiles import tiling
from ...space import PICTURE_BUFFERS
from .lively import lively
from .row import Row, at_most

_TILE = 1024
# What a tile's activations take while they are computed, over what forward keeps: see docs/performance.md.
_WORKING = 1.1


def size_rows() -> Iterator[Row]:
    """8192² against 2048², two octaves of one step, the same tile."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        small, _ = pool.apply(_dream, (2048,))
        large, peak = pool.apply(_dream, (8192,))
    yield at_most("time per pixel at 8192² against 2048², the same tile", large / small / 16, 1.15)
    if peak is None:
        yield Row("peak memory at 8192²", "this system does not tell", "", None)
        return
    _, network = lively("googlenet")
    cutting = tiling(network, network.default_layers, torch.device("cpu"), _TILE)
    pixels = max(
        (tile.rows.outer_stop - tile.rows.outer_start) * (tile.columns.outer_stop - tile.columns.outer_start)
        for tile in cutting.cut(8192, 8192)
    )
    tile = _WORKING * pixels * bytes_per_pixel(network, network.default_layers, torch.device("cpu"))
    bar = PICTURE_BUFFERS * 8192**2 * 3 * 4 + tile
    said = f"{peak / 1e9:.2f} GB"
    yield Row("peak memory at 8192² above the loaded network", said, f"≤ {bar / 1e9:.2f} GB", peak <= bar)


def _dream(side: int) -> tuple[float, int | None]:
    """Seconds of a dream, and by how many bytes the process outgrew what it was with the network loaded and warm."""
    _, network = lively("googlenet")
    settings = DreamSettings(octaves=2, iterations=1, tile=_TILE, edges="roll")
    for _ in dream_still(torch.rand(1, 3, 256, 256), network, settings):
        pass
    before = _status("VmRSS")
    picture = torch.rand(1, 3, side, side)
    start = time.perf_counter()
    for _ in dream_still(picture, network, settings):
        pass
    seconds = time.perf_counter() - start
    peak = _status("VmHWM")
    return seconds, None if before is None or peak is None else peak - before


def _status(field: str) -> int | None:
    """A size in this process's /proc/self/status, in bytes; None where there is none."""
    try:
        found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
