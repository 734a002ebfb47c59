"""How a gradient is measured, smoothed and held back, against plain numpy and scipy in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from reverie.server.dream.ascent.normaliser import centre, measure
from reverie.server.dream.ascent.regularisers import pull_slope, soften, total_variation_slope
from reverie.server.dream.ascent.smoothing import gaussian, laplacian
from reverie.server.dream.blur import gaussian_blur
from reverie.server.dream.wrap import OPEN, Wrap

ROUND = Wrap(True, True)


def some(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("how", "of"), [("mean", lambda g: np.abs(g).mean()), ("deviation", np.std)])
def test_each_sample_is_measured_by_itself(how: str, of) -> None:
    gradient = some(3, 3, 9, 14) * torch.tensor([1.0, 50.0, 1e-2]).view(3, 1, 1, 1) + 0.3
    sizes = measure(gradient, how)
    assert sizes.shape == (3, 1, 1, 1)
    expected = [of(sample) for sample in gradient.double().numpy()]
    np.testing.assert_allclose(sizes.flatten().numpy(), expected, rtol=1e-5)


def test_rounding_is_no_deviation() -> None:
    gradient = 0.3 + 1e-7 * some(1, 3, 9, 14)
    for mask in (None, torch.ones(1, 1, 9, 14)):
        assert measure(gradient, "deviation", mask).item() == pytest.approx(0.003, rel=1e-3)


@pytest.mark.parametrize("how", ["mean", "deviation"])
def test_only_what_the_mask_lets_through_counts(how: str) -> None:
    gradient, mask = some(2, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    mask[..., 2:5, 1:7] = 1
    gradient[..., 5:, :] *= 1000
    torch.testing.assert_close(measure(gradient, how, mask), measure(gradient[..., 2:5, 1:7], how))
    assert (measure(gradient, how, mask * 0) > 0).all()


def test_half_a_mask_counts_half() -> None:
    gradient = torch.tensor([1.0, -3.0]).expand(1, 3, 1, 2)
    mask = torch.tensor([1.0, 0.5]).view(1, 1, 1, 2)
    assert measure(gradient, "mean", mask).item() == pytest.approx((1 + 1.5) / 1.5)
    mean = (1 - 1.5) / 1.5
    deviation = (((1 - mean) ** 2 + 0.5 * (-3 - mean) ** 2) / 1.5) ** 0.5
    assert measure(gradient, "deviation", mask).item() == pytest.approx(deviation)


def test_a_centred_gradient_has_no_mean_where_it_counts() -> None:
    mask = torch.rand(1, 1, 6, 7, generator=torch.Generator().manual_seed(1))
    centred = centre(some(2, 3, 6, 7) + 5, mask)
    assert (centred * mask).sum((1, 2, 3)).abs().max() < 1e-4
    assert centre(some(2, 3, 6, 7) + 5).mean((1, 2, 3)).abs().max() < 1e-6


def halving(length: int, wraps: bool) -> np.ndarray:
    """The matrix of TensorFlow's strided "SAME" convolution with 1 4 6 4 1, or its round form."""
    count = -(-length // 2)
    first = -((count - 1) * 2 + 5 - length) // 2 if length % 2 else -1
    matrix = np.zeros((count, length))
    for row in range(count):
        for tap, weight in enumerate((1, 4, 6, 4, 1)):
            column = 2 * row + first + tap
            if wraps:
                matrix[row, column % length] += weight / 16
            elif 0 <= column < length:
                matrix[row, column] += weight / 16
    return matrix


def reference_laplacian(gradient: np.ndarray, bands: int, wraps: bool) -> np.ndarray:
    def to_unit(band: np.ndarray) -> np.ndarray:
        return band / np.sqrt((band**2).mean())

    if bands == 0:
        return to_unit(gradient)
    down, across = (halving(length, wraps) for length in gradient.shape[-2:])
    low = down @ gradient @ across.T
    detail = gradient - 4 * down.T @ low @ across
    return 4 * down.T @ reference_laplacian(low, bands - 1, wraps) @ across + to_unit(detail)


@pytest.mark.parametrize(("size", "wrap"), [((40, 51), OPEN), ((33, 64), OPEN), ((32, 48), ROUND)])
@pytest.mark.parametrize("bands", [1, 3])
def test_laplacian_is_that_of_the_tutorial(size: tuple[int, int], wrap: Wrap, bands: int) -> None:
    gradient = some(2, 3, *size)
    expected = [reference_laplacian(sample, bands, wrap.x) for sample in gradient.double().numpy()]
    np.testing.assert_allclose(laplacian(gradient, bands, wrap).numpy(), expected, atol=2e-5)


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40), bands=st.integers(1, 10))
def test_round_the_edges_an_even_gradient_stays_even(height: int, width: int, bands: int) -> None:
    smoothed = laplacian(torch.full((1, 3, height, width), -0.7), bands, ROUND)
    torch.testing.assert_close(smoothed, torch.full_like(smoothed, -1.0), atol=0.05, rtol=0)


@pytest.mark.parametrize(("wrap", "mode"), [(OPEN, "nearest"), (ROUND, "wrap")])
@pytest.mark.parametrize("size", [(40, 53), (5, 3), (1, 1)])
@pytest.mark.parametrize("smoothness", [0.5, 3.0])
def test_gaussian_is_the_mean_of_three(wrap: Wrap, mode: str, size: tuple[int, int], smoothness: float) -> None:
    gradient = some(1, 2, *size)
    sigma, radius = smoothness + 2 * 0.3, 4 if smoothness < 1 else 12
    expected = sum(
        ndimage.gaussian_filter(gradient.double().numpy(), (0, 0, s, s), mode=mode, radius=(0, 0, radius, radius))
        for s in (sigma / 2, sigma, 2 * sigma)
    )
    np.testing.assert_allclose(gaussian(gradient, smoothness, 0.3, wrap).numpy(), expected / 3, atol=1e-6)


def test_smoothing_goes_round_one_axis_alone() -> None:
    gradient = some(1, 1, 24, 30)
    for smooth in (lambda g, w: gaussian(g, 1.0, 0.5, w), lambda g, w: laplacian(g, 1, w)):
        rolled = smooth(gradient.roll(6, -1), Wrap(x=True)).roll(-6, -1)
        torch.testing.assert_close(smooth(gradient, Wrap(x=True)), rolled, atol=1e-5, rtol=0)
        assert not torch.allclose(smooth(gradient, OPEN), smooth(gradient.roll(6, -1), OPEN).roll(-6, -1), atol=1e-3)


@pytest.mark.parametrize("wrap", [OPEN, Wrap(y=True), ROUND])
def test_total_variation_is_differentiated_rightly(wrap: Wrap) -> None:
    dreamed = some(1, 2, 7, 9).double().requires_grad_()
    total = 0.0
    for row in range(7):
        for column in range(9):
            right = dreamed[..., row, (column + 1) % 9] if wrap.x or column < 8 else dreamed[..., row, column]
            below = dreamed[..., (row + 1) % 7, column] if wrap.y or row < 6 else dreamed[..., row, column]
            here = dreamed[..., row, column]
            total = total + ((right - here) ** 2 + (below - here) ** 2 + 0.1**2).sqrt().sum()
    (expected,) = torch.autograd.grad(total / 1.8, dreamed)  # type: ignore[arg-type]
    torch.testing.assert_close(total_variation_slope(dreamed.detach(), 0.1, wrap), expected)


def test_in_noise_total_variation_pulls_by_about_one() -> None:
    assert total_variation_slope(some(1, 3, 64, 64), 0.01, OPEN).abs().mean().item() == pytest.approx(1, abs=0.1)
    assert torch.equal(total_variation_slope(torch.full((1, 3, 8, 8), 0.4), 0.01, OPEN), torch.zeros(1, 3, 8, 8))


def test_the_pull_is_of_size_one_and_never_overshoots() -> None:
    far, near = 0.3 * some(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5 / 255)
    torch.testing.assert_close(pull_slope(far, 1.5), far / far.abs().mean())
    torch.testing.assert_close(pull_slope(near, 2.0), torch.full_like(near, 0.25))


def test_softening_blurs_what_was_dreamed_and_not_the_picture() -> None:
    rest, dreamed = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(2)), 0.1 * some(1, 3, 20, 20)
    mask = torch.zeros(1, 1, 20, 20)
    mask[..., :10] = 1
    picture = rest + dreamed
    before = picture.clone()
    soften(picture, rest, 1.0, OPEN, mask)
    assert torch.equal(picture[..., 10:], before[..., 10:])
    expected = rest + gaussian_blur(dreamed, [1.0], 3, OPEN)
    torch.testing.assert_close(picture[..., :10], expected[..., :10])
    untouched = rest.clone()
    soften(untouched, rest, 1.0, OPEN, None)
    torch.testing.assert_close(untouched, rest, atol=1e-7, rtol=0)
