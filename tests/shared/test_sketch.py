"""A sketch of a dream is sent ahead where the picture itself takes long."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from reverie.shared.client import Client, DreamState
from reverie.shared.client.sketch import SIDE, is_worth, shown, sketched
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address
from scripted_server import ScriptedServer


def shades(height: int, width: int, **meaning: str) -> Picture:
    down, right = np.mgrid[0:height, 0:width].astype(np.float32)
    pixels = np.stack([down / height, right / width, 0 * down + 0.5, 0 * down + 1], -1)
    return Picture(PictureInfo(pixels.shape, "f32", **meaning), pixels)


LINEAR = {"colorspace": "Linear Rec.709", "alpha": "premultiplied", "rows": "bottom-up"}


@pytest.mark.parametrize(
    ("octaves", "scale", "kept", "side"), [(4, 1.4, 1, 373), (6, 1.4, 3, 373), (1, 1.4, 1, SIDE), (2, 2.0, 1, SIDE)]
)
def test_it_is_the_coarsest_octaves_of_the_dream(octaves: int, scale: float, kept: int, side: int) -> None:
    picture = shades(1024, 512, **LINEAR)
    settings = DreamSettings(octaves=octaves, octave_scale=scale, iterations=7, output="detail")
    inputs, asked = sketched({"picture": picture, "mask": shades(100, 100)}, settings)
    assert asked == settings.replace(octaves=kept, output="picture", octaves_beyond=0)
    assert inputs["picture"].info.shape == (side, pytest.approx(side / 2, abs=1), 4)
    assert inputs["mask"].info.shape == (100, 100, 4)
    small = inputs["picture"].pixels
    step = 1024 / side
    assert np.abs(small[:, 0, 0] - (np.arange(side) + 0.5) * step / 1024).max() < 1.5 / 1024


def test_it_is_for_large_pictures_on_slow_lines() -> None:
    large, small = shades(1024, 1024), shades(600, 600)
    assert is_worth(large, 16 << 20, 1e6)
    assert not is_worth(large, 16 << 20, 20e6)
    assert not is_worth(small, 16 << 20, 1e6)
    assert is_worth(large, 200 << 20, None) and not is_worth(large, 16 << 20, None)


@pytest.mark.parametrize(
    ("meaning", "value", "alpha", "expected"),
    [
        (LINEAR, 0.25, 0.5, [188, 188, 188, 128]),
        ({"colorspace": "sRGB", "alpha": "straight"}, 0.25, 0.5, [64, 64, 64, 128]),
        (LINEAR, np.nan, 1.0, [0, 0, 0, 255]),
        (LINEAR, 40.0, 1.0, [255, 255, 255, 255]),
    ],
)
def test_it_is_shown_as_previews_are(meaning: dict[str, str], value: float, alpha: float, expected: list[int]) -> None:
    pixels = np.full((2, 3, 4), value, np.float32)
    pixels[..., 3] = alpha
    preview = shown(Picture(PictureInfo(pixels.shape, "f32", **meaning), pixels))
    assert (preview.info.dtype, preview.info.colorspace, preview.info.alpha) == ("u8", "sRGB", "straight")
    assert preview.pixels[0, 0].tolist() == expected


def test_grey_is_shown_as_colour() -> None:
    pixels = np.full((2, 3, 1), 128, np.uint8)
    assert shown(Picture(PictureInfo(pixels.shape, "u8"), pixels)).pixels[0, 0].tolist() == [128, 128, 128]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


def test_it_is_given_up_with_the_dream(server: ScriptedServer) -> None:
    server.steps, server.step_seconds = 100, 0.05
    client = Client(Address.parse(server.address), "test")
    client.line.rate = 1e6
    client.connect()
    dream = client.dream(shades(1100, 1100), DreamSettings(network="ornament"))
    sketch = dream.sketch
    assert sketch is not None and client.jobs == [sketch, dream]
    while sketch.state is not DreamState.RUNNING:
        _move(client)
    client.cancel(dream)
    deadline = time.monotonic() + 5
    while sketch.job not in server.cancelled or client.jobs:
        assert time.monotonic() < deadline
        _move(client)
    assert sketch.state is DreamState.CANCELLED
    client.close()


def _move(client: Client) -> None:
    if not client.pump():
        client.wait(0.02)
