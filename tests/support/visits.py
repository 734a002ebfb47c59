"""A client of the real kind, moved on by a test until something is so."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

from reverie.shared.client import Client, ConnectionState, RemoteDream
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address
from reverie.shared.wire.keys import KeyPair

NOTHING = DreamSettings(strength=0.0, network="ornament")


def noise(height: int, width: int) -> Picture:
    """A picture that can't be packed: u8 RGBA."""
    info = PictureInfo((height, width, 4), "u8", "sRGB", "straight", "top-down")
    return Picture.from_bytes(info, os.urandom(info.size))


def same(dream: RemoteDream, picture: Picture) -> bool:
    """Whether a dream of nothing came back as it went."""
    return dream.result is not None and np.array_equal(dream.result.pixels, picture.pixels)


class Visit:
    """A client that has connected. pings: seconds of every answer to `ping` heard while `until` waited."""

    def __init__(self, endpoint: str, own: KeyPair | None = None, *, within: float = 20.0) -> None:
        self.client = Client(Address.parse(endpoint), "test", own)
        self.client.connect()
        self.pings: list[float] = []
        self.until(lambda: self.client.state is ConnectionState.CONNECTED, within)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def until(self, over: Callable[[], bool], seconds: float = 60.0, ping_every: float = float("inf")) -> float:
        """Pump until something is so; returns the seconds it took."""
        start = now = time.monotonic()
        next_ping = start + min(ping_every, 1e9) * (ping_every == float("inf"))
        pulse = self.client.pulse
        while not over():
            assert now - start < seconds, f"not in {seconds} s: {self.client.state}, {self.client.problem}"
            if now >= next_ping and self.client.state is ConnectionState.CONNECTED:
                next_ping = now + ping_every
                self.client.ping()
            if not self.client.pump():
                self.client.wait(0.02)
            if self.client.pulse is not None and self.client.pulse is not pulse:
                pulse = self.client.pulse
                self.pings.append(pulse.round_trip)
            now = time.monotonic()
        return now - start
