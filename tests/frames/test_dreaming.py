"""A frame from file to file: alone it is a still, after another it goes on from it."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from reverie.server.coherence.memory import LostMemory
from reverie.server.frames.decoding import decode
from reverie.server.frames.dreaming import NOTHING, FrameShare, dream_frame
from reverie.server.networks.staged import StagedNetwork
from reverie.server.still import Done, dream_picture
from reverie.shared.declaration import SettingError
from reverie.shared.frames.frame import FrameFile, FrameRequest, FrameResult
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings

CPU = torch.device("cpu")
SETTINGS = DreamSettings(octaves=1, iterations=2, jitter=3, edges="roll")


def _networks(name: str, device: torch.device, dtype: torch.dtype) -> StagedNetwork:
    generator = torch.Generator().manual_seed(5)
    layer = nn.Conv2d(3, 4, 5, stride=2, padding=2)
    layer.weight = nn.Parameter(torch.randn(4, 3, 5, 5, generator=generator), requires_grad=False)
    layer.bias = nn.Parameter(torch.zeros(4), requires_grad=False)
    return StagedNetwork("tiny", {"only": nn.Sequential(layer, nn.ReLU())}, ("only",), (0.5,) * 3, (0.5,) * 3)


def _picture(frame: int, seed: float = 0.0) -> Picture:
    rows, columns = np.mgrid[:32, :48]
    columns = columns - 2 * frame
    waves = [np.sin(0.3 * columns + phase + seed) * np.cos(0.2 * rows - seed) for phase in (0, 1, 2)]
    pixels = (np.stack(waves, -1) * 100 + 128).round().astype(np.uint8)
    return Picture(PictureInfo(pixels.shape, "u8", "sRGB"), pixels)


def _file(frame: int, seed: float = 0.0) -> FrameFile:
    return _png(_picture(frame, seed).pixels)


def _png(pixels: np.ndarray) -> FrameFile:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return FrameFile(".png", buffer.getvalue())


def _dreamed(request: FrameRequest) -> FrameResult:
    *shares, result = dream_frame(request, _networks, CPU)
    assert isinstance(result, FrameResult)
    assert all(isinstance(share, FrameShare) for share in shares)
    return result


def _pixels(file: FrameFile) -> np.ndarray:
    return decode(file).picture.pixels


@pytest.mark.parametrize("coherence", [0.0, 0.5, 1.0])
def test_the_first_frame_is_the_still(coherence: float) -> None:
    *_, done = dream_picture(_picture(0), SETTINGS, _networks, CPU)
    assert isinstance(done, Done)
    result = _dreamed(FrameRequest(_file(0), ".png", SETTINGS, FrameSettings(coherence=coherence)))
    assert np.array_equal(_pixels(result.frame), done.picture.pixels)
    assert (result.memory == NOTHING) == (coherence == 0.0)


def test_at_coherence_0_a_memory_is_of_no_effect() -> None:
    kept = _dreamed(FrameRequest(_file(0), ".png", SETTINGS)).memory
    alone = FrameRequest(_file(1), ".png", SETTINGS, FrameSettings(coherence=0.0))
    assert _dreamed(alone) == _dreamed(dataclasses.replace(alone, memory=kept))


def test_a_dream_moves_along_with_the_picture() -> None:
    first = _dreamed(FrameRequest(_file(0), ".png", SETTINGS, FrameSettings(motion="dis")))
    second = _dreamed(FrameRequest(_file(1), ".png", SETTINGS, FrameSettings(motion="dis"), memory=first.memory))
    alone = _dreamed(FrameRequest(_file(1), ".png", SETTINGS, FrameSettings(coherence=0.0)))
    moved = _pixels(first.frame)[6:-6, 6:-8].astype(int)
    steady, boiling = (np.abs(_pixels(r.frame)[6:-6, 8:-6] - moved).mean() for r in (second, alone))
    assert steady < boiling / 2
    assert not second.cut


def test_a_cut_begins_as_if_nothing_had_been() -> None:
    kept = _dreamed(FrameRequest(_file(0), ".png", SETTINGS)).memory
    other = np.random.default_rng(1).integers(0, 255, (4, 6, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    cut = FrameRequest(_png(other), ".png", SETTINGS.replace(seed=3), memory=kept)
    result, afresh = _dreamed(cut), _dreamed(dataclasses.replace(cut, memory=None))
    assert result.cut
    assert (result.frame, result.memory) == (afresh.frame, afresh.memory)


def test_the_same_request_gives_the_same_bytes() -> None:
    kept = _dreamed(FrameRequest(_file(0), ".exr", SETTINGS)).memory
    request = FrameRequest(_file(1), ".exr", SETTINGS, FrameSettings(coherence=0.7, detail_layer=True), memory=kept)
    assert _dreamed(request) == _dreamed(request)


def test_strength_0_changes_no_pixel_and_needs_no_network() -> None:
    def none(*_: object) -> StagedNetwork:
        raise AssertionError("no network is needed")

    request = FrameRequest(_file(0), ".png", SETTINGS.replace(strength=0.0))
    *_, result = dream_frame(request, none, CPU)
    assert isinstance(result, FrameResult)
    assert np.array_equal(_pixels(result.frame), _picture(0).pixels)
    second = FrameRequest(_file(1), ".png", SETTINGS, memory=result.memory)
    assert _dreamed(second).frame == _dreamed(dataclasses.replace(second, memory=None)).frame


def test_changed_settings_show() -> None:
    """Held quite still, a dream would never take on what is keyed later."""
    kept = _dreamed(FrameRequest(_file(0), ".png", SETTINGS)).memory
    request = FrameRequest(_file(0), ".png", SETTINGS, memory=kept)
    same, other = _dreamed(request), _dreamed(dataclasses.replace(request, settings=SETTINGS.replace(step=6.0)))
    first = _dreamed(dataclasses.replace(request, memory=None))
    still, changed = (np.abs(_pixels(one.frame).astype(int) - _pixels(first.frame)) for one in (same, other))
    assert still.max() <= 1  # what is remembered is in half floats
    assert changed.max() > 3


def test_outside_of_the_mask_nothing_changes() -> None:
    mask = np.zeros((32, 48), np.uint8)
    mask[:, :20] = 255
    memory = None
    for frame in range(3):
        result = _dreamed(FrameRequest(_file(frame), ".png", SETTINGS, mask=_png(mask), memory=memory))
        memory = result.memory
        assert np.array_equal(_pixels(result.frame)[:, 20:], _picture(frame).pixels[:, 20:])
        assert not np.array_equal(_pixels(result.frame)[:, :20], _picture(frame).pixels[:, :20])


def test_no_vector_pass_no_exact_motion() -> None:
    with pytest.raises(SettingError, match="Vector pass"):
        _dreamed(FrameRequest(_file(0), ".png", SETTINGS, FrameSettings(motion="vector")))


def test_a_memory_that_is_none_is_refused() -> None:
    with pytest.raises(LostMemory):
        _dreamed(FrameRequest(_file(0), ".png", SETTINGS, memory=b"no memory"))


def test_frames_of_another_size_begin_anew() -> None:
    kept = _dreamed(FrameRequest(_file(0), ".png", SETTINGS)).memory
    request = FrameRequest(_png(_picture(0).pixels[:20]), ".png", SETTINGS, memory=kept)
    assert _dreamed(request) == _dreamed(dataclasses.replace(request, memory=None))
