"""A texture is sampled exactly at its pixels, and between them as the field's spline does it."""

from __future__ import annotations

import numpy as np
import scipy.ndimage
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.server.coherence.sampling import Texture
from reverie.server.coherence.scene import grid


def _noise(height: int, width: int) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(1))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(-9, 9), st.integers(-9, 9))
def test_whole_steps_are_exact_to_the_bit(height: int, width: int, right: int, down: int) -> None:
    picture = _noise(height, width)
    x, y = grid((height, width), torch.device("cpu")) + torch.tensor([right, down]).view(2, 1, 1)
    moved = Texture(picture).at(x.flatten(), y.flatten()).view(3, height, width)
    rows, columns = y.long().clamp(0, height - 1), x.long().clamp(0, width - 1)
    assert torch.equal(moved, picture[:, rows, columns])


def test_between_pixels_it_is_scipys_quintic_spline() -> None:
    picture = _noise(31, 44)
    random = np.random.default_rng(2)
    x, y = random.uniform(8, 35, 400).round(2), random.uniform(8, 22, 400).round(2) + 0.005
    sampled = Texture(picture).at(torch.from_numpy(x).float(), torch.from_numpy(y).float())
    padded = np.pad(picture.numpy().astype(np.float64), ((0, 0), (30, 30), (30, 30)), "edge")
    wanted = [scipy.ndimage.map_coordinates(channel, [y + 30, x + 30], order=5) for channel in padded]
    np.testing.assert_allclose(sampled, wanted, atol=2e-5)


def test_sixty_shifts_back_and_forth_keep_a_wave_of_six_pixels() -> None:
    x, y = grid((24, 96), torch.device("cpu"))
    wave = (x * (2 * torch.pi / 6)).sin()[None]
    picture = wave
    for step in range(60):
        shift = 0.37 if step % 2 else -0.37
        picture = Texture(picture).at((x + shift).flatten(), y.flatten()).view(1, 24, 96)
    inner = (slice(None), slice(None), slice(20, -20))
    assert picture[inner].var() / wave[inner].var() > 0.98
    assert (picture - wave)[inner].abs().max() < 0.02
