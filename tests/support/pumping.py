"""A client moved on by hand, until what a test waits for has happened."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from reverie.shared.client import Client, DreamState, RemoteDream
from reverie.shared.picture import Picture, PictureInfo


def a_picture(height: int = 700, width: int = 500) -> Picture:
    """Several chunks of float RGBA, the last one short."""
    pixels = np.random.default_rng(1).random((height, width, 4), np.float32)
    return Picture(PictureInfo((height, width, 4), "f32", "Linear Rec.709", "premultiplied", "bottom-up"), pixels)


def pump(client: Client, until: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "it did not happen in time"
        if not client.pump():
            client.wait(0.02)


def finish(client: Client, dream: RemoteDream, seconds: float = 10.0) -> Picture:
    pump(client, lambda: dream.finished, seconds)
    assert dream.state is DreamState.DONE, dream.error
    assert dream.result is not None
    return dream.result
