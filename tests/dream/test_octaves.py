"""Octaves follow scipy's zoom."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from reverie.server.dream.octaves import octave_bases, octave_sizes, resize

sides = st.integers(1, 60)


@settings(deadline=None)
@given(sides, sides, st.floats(1.05, 4.0), st.integers(1, 6))
def test_sizes_and_values_are_those_of_zoom(height: int, width: int, scale: float, octaves: int) -> None:
    image = np.random.default_rng(height * width).random((3, height, width))
    expected = [image]
    for _ in range(octaves - 1):
        zoomed = np.asarray(ndimage.zoom(expected[-1], (1, 1.0 / scale, 1.0 / scale), order=1, mode="nearest"))
        if 0 in zoomed.shape:
            break
        expected.append(zoomed)
    bases = octave_bases(torch.from_numpy(image)[None], octave_sizes((height, width), octaves, scale, 1))
    assert [tuple(base.shape[1:]) for base in bases] == [zoomed.shape for zoomed in expected[::-1]]
    for base, zoomed in zip(bases, expected[::-1], strict=True):
        np.testing.assert_allclose(base[0].numpy(), zoomed, atol=1e-9)


@settings(deadline=None)
@given(sides, sides, sides, sides)
def test_resize_up_maps_corners_to_corners(height: int, width: int, more: int, wider: int) -> None:
    picture = torch.rand(1, 3, height, width)
    larger = resize(picture, (height + more, width + wider))
    assert larger.shape == (1, 3, height + more, width + wider)
    torch.testing.assert_close(larger[..., 0, 0], picture[..., 0, 0])
    if height > 1 and width > 1:
        torch.testing.assert_close(larger[..., -1, -1], picture[..., -1, -1])


def test_octaves_too_small_for_the_network_are_left_out() -> None:
    assert octave_sizes((100, 80), 4, 1.4, 1) == [(36, 29), (51, 41), (71, 57), (100, 80)]
    assert octave_sizes((100, 80), 4, 1.4, 50) == [(71, 57), (100, 80)]
    assert octave_sizes((10, 80), 4, 1.4, 50) == [(10, 80)]


def test_the_full_size_is_the_picture_itself() -> None:
    picture = torch.rand(1, 3, 20, 30)
    assert octave_bases(picture, octave_sizes((20, 30), 3, 1.4, 1))[-1] is picture
