"""Seamless dreams: what meets round the edge dreams as if there were none.

Rolling a picture and dreaming it is dreaming it and rolling that, as far as pixels are concerned: exactly for rolls
by multiples of the network's stride (and of what the octaves and the smoothing skip) of sizes that are such multiples.
Other sizes have somewhere a place where the network's grid does not meet itself; it lies elsewhere in every step.
"""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.server.bench.seams import seam_ratio
from reverie.server.dream.events import Finished
from reverie.server.dream.octaves import resize
from reverie.server.dream.still import dream_still
from reverie.server.dream.wrap import Wrap
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings


def clouds(count: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    """Periodic pictures with the spectrum of photographs, count x3xheightxwidth."""
    noise = torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(seed))
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.fftfreq(width)[None]
    spectrum = torch.fft.fft2(noise) / torch.hypot(rows, columns).clamp_min(1 / max(height, width))
    picture = torch.fft.ifft2(spectrum).real
    return (0.5 + 0.15 * picture / picture.std()).clamp(0, 1)


def dream(pictures: torch.Tensor, network: StagedNetwork, request: DreamSettings) -> torch.Tensor:
    *_, last = dream_still(pictures, network, request)
    assert isinstance(last, Finished)
    return last.picture


def largest_difference(one: torch.Tensor, other: torch.Tensor) -> float:
    return (one - other).abs().max().item()


@pytest.mark.parametrize("seamless", ["x", "y", "xy"])
@pytest.mark.parametrize("smoothing", ["none", "laplacian"])
@settings(max_examples=5, deadline=None)
@given(down=st.integers(-4, 4), right=st.integers(-4, 4), seed=st.integers(0, 2**31 - 1), tile=st.sampled_from([0, 16]))
def test_seamless_commutes_with_rolling(
    small_network: StagedNetwork, seamless: str, smoothing: str, down: int, right: int, seed: int, tile: int
) -> None:
    wrap = Wrap.of(seamless)
    # The stride is 4, an octave halves once, the pyramid of two bands twice.
    by = (16 * down * wrap.y, 16 * right * wrap.x)
    request = DreamSettings(
        octaves=2, octave_scale=2.0, iterations=2, seamless=seamless, smoothing=smoothing, bands=2, tile=tile, seed=seed
    )
    picture = clouds(1, 48, 64, seed % 1000)
    rolled = dream(picture.roll(by, (-2, -1)), small_network, request)
    # By now and then a pixel, where a ReLU lies on its edge and rounding tips it.
    assert (rolled - dream(picture, small_network, request).roll(by, (-2, -1))).abs().mean() < 1e-4


def test_an_open_edge_does_not_commute_with_rolling(small_network: StagedNetwork) -> None:
    request = DreamSettings(octaves=2, octave_scale=2.0, iterations=2, seamless="x")
    picture = clouds(1, 48, 64)
    rolled = dream(picture.roll(16, -2), small_network, request)
    assert largest_difference(rolled, dream(picture, small_network, request).roll(16, -2)) > 0.02


@given(
    length=st.integers(2, 40),
    side=st.integers(1, 90),
    turns=st.integers(0, 10),
)
def test_resizing_round_the_edge_commutes_with_rolling(length: int, side: int, turns: int) -> None:
    common = math.gcd(length, side)
    picture = torch.rand(1, 1, 1, length, generator=torch.Generator().manual_seed(length))
    wrap = Wrap(x=True)
    rolled = resize(picture.roll(turns * length // common, -1), (1, side), wrap)
    expected = resize(picture, (1, side), wrap).roll(turns * side // common, -1)
    torch.testing.assert_close(rolled, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [(64, 64), (62, 61)], ids=["in step with the stride", "out of step"])
def test_no_seam_shows_in_the_tiling(small_network: StagedNetwork, size: tuple[int, int]) -> None:
    pictures = clouds(128, *size)
    request = DreamSettings(octaves=3, iterations=3, precision="float32")
    open_ratio, _ = seam_ratio(dream(pictures, small_network, request.replace(edges="roll")))
    ratio, chance = seam_ratio(dream(pictures, small_network, request.replace(seamless="xy")))
    assert open_ratio > 1.1
    assert abs(ratio - 1) < max(0.02, 2 * chance)


def test_only_the_axis_asked_for_is_seamless(small_network: StagedNetwork) -> None:
    """A sky all around: left and right meet, top and bottom do not."""
    request = DreamSettings(octaves=3, iterations=5, seamless="x", edges="roll")
    dreamed = dream(clouds(96, 48, 96), small_network, request)
    energies = [(dreamed.roll(-1, axis) - dreamed).square().mean((0, 1, -1 if axis == -2 else -2)) for axis in (-2, -1)]
    down, across = (float(lines[-1] / lines[:-1].mean()) for lines in energies)
    assert down > 1.08
    assert across == pytest.approx(1, abs=0.08)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 1), (5, 7)])
@pytest.mark.parametrize("seamless", ["x", "xy"])
def test_tiny_pictures_are_seamless_too(small_network: StagedNetwork, size: tuple[int, int], seamless: str) -> None:
    picture = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(9))
    dreamed = dream(picture, small_network, DreamSettings(octaves=3, iterations=2, seamless=seamless))
    assert dreamed.shape == picture.shape
    assert dreamed.isfinite().all()
    assert not torch.equal(dreamed, picture)
