"""A still from end to end, without files or sockets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reverie.server import still
from reverie.server.still import Done, Networks, Progress, dream_picture
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings

CPU = torch.device("cpu")
QUICK = DreamSettings(network="ornament", octaves=1, iterations=3, precision="float32")


@pytest.fixture
def hdr() -> Picture:
    info = PictureInfo((36, 44, 4), "f16", "Linear Rec.709", "premultiplied", "bottom-up")
    pixels = np.random.default_rng(8).random(info.shape).astype("f2")
    pixels[:9] *= 20
    pixels[..., 3] = 1
    return Picture(info, pixels)


def test_progress_then_the_result_in_the_form_of_the_input(hdr: Picture) -> None:
    *progress, done = dream_picture(hdr, QUICK, Networks(), CPU)
    assert all(isinstance(event, Progress) for event in progress)
    assert [(event.step, event.steps) for event in progress if isinstance(event, Progress)] == [(1, 3), (2, 3), (3, 3)]
    assert isinstance(done, Done)
    assert done.picture.info == hdr.info
    assert (done.picture.pixels[..., :3] != hdr.pixels[..., :3]).mean() > 0.5


def test_a_preview_is_made_on_demand_and_turned_as_the_input(hdr: Picture) -> None:
    dream = dream_picture(hdr, QUICK, Networks(), CPU)
    event = next(dream)
    assert isinstance(event, Progress)
    preview = event.preview(22)
    assert preview.info == PictureInfo((18, 22, 4), "u8", "sRGB", "straight", "bottom-up")
    assert preview.pixels[:4, :, :3].mean() > preview.pixels[6:, :, :3].mean() + 30


def test_at_strength_0_no_network_is_loaded(hdr: Picture) -> None:
    def refuse(*_: object) -> still.StagedNetwork:
        raise AssertionError("a network was asked for")

    (done,) = dream_picture(hdr, QUICK.replace(strength=0.0), refuse, CPU)
    assert isinstance(done, Done)
    assert done.picture.pixels.tobytes() == hdr.pixels.tobytes()


def test_half_strength_goes_half_the_way() -> None:
    info = PictureInfo((32, 32, 3), "f32")
    grey = Picture(info, np.random.default_rng(9).random(info.shape, "f4"))
    full, half = (
        list(dream_picture(grey, QUICK.replace(strength=strength), Networks(), CPU))[-1] for strength in (1.0, 0.5)
    )
    assert isinstance(full, Done)
    assert isinstance(half, Done)
    assert np.allclose(half.picture.pixels, (grey.pixels + full.picture.pixels) / 2, atol=1e-6)


def test_the_networks_used_last_stay_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    monkeypatch.setattr(still, "load", lambda name, **_: loaded.append(name) or name)
    networks = Networks(keep=2)
    for name in ("a", "b", "a", "c", "a", "b"):
        networks(name, CPU, torch.float32)
    assert loaded == ["a", "b", "c", "b"]
    networks("b", CPU, torch.float16)
    assert loaded[-2:] == ["b", "b"]
