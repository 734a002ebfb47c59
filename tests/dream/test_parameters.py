"""What a step changes, pixels or waves, and Adam's way of changing it."""

from __future__ import annotations

import math

import pytest
import torch

from reverie.server.dream.ascent.adam import Adam
from reverie.server.dream.ascent.parameters import Fourier
from reverie.server.dream.spectrum import mix_colours

SIZES = [(6, 8), (7, 9), (5, 4), (1, 1)]


def middle(*size: int) -> torch.Tensor:
    """1x3xHxW within the range that the sigmoid shows without a bend."""
    return 0.1 + 0.8 * torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(3))


def some(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", SIZES)
def test_the_gradient_is_that_of_lucids_picture(size: tuple[int, int]) -> None:
    height, width = size
    down, across = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
    scale = 1 / torch.hypot(down[:, None], across[None]).clamp_min(1 / max(size))
    picture, slope = middle(*size), some(1, 3, *size)
    colours = mix_colours(torch.eye(3).view(3, 3, 1, 1)).squeeze().T.double()
    uncorrelated = torch.einsum("ac,nchw->nahw", colours.inverse(), picture.double().logit())
    waves = (torch.fft.rfft2(uncorrelated, norm="ortho") / scale).requires_grad_()
    shown = torch.fft.irfft2(waves * scale, s=size, norm="ortho")
    shown = torch.einsum("ca,nahw->nchw", colours, shown).sigmoid()
    torch.testing.assert_close(shown.detach(), picture.double(), atol=1e-6, rtol=0)
    (shown * slope).sum().backward()
    # Of each wave and its mirror image rfft2 keeps one; autograd gives it the gradient of both.
    twice = torch.tensor([1.0 if column in (0, width / 2) else 2.0 for column in range(width // 2 + 1)])
    assert waves.grad is not None
    actual = Fourier(picture).gradient(slope)
    torch.testing.assert_close(actual, (waves.grad / twice).to(torch.complex64), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("size", SIZES)
def test_a_small_move_has_the_effect_foretold(size: tuple[int, int]) -> None:
    picture = middle(*size)
    fourier = Fourier(picture)
    change = fourier.gradient(some(1, 3, *size))
    expected = fourier.effect(change)
    fourier.move(change, torch.full((1, 1, 1, 1), 1e-3))
    up = picture.clone()
    fourier.move(change, torch.full((1, 1, 1, 1), -2e-3))
    torch.testing.assert_close((up - picture) / 2e-3, expected, atol=2e-3, rtol=1e-2)


def test_no_change_leaves_any_picture_as_it_is() -> None:
    picture = torch.tensor([-0.5, 0.0, 1e-7, 0.049, 0.3, 1.0, 7.0, 0.951]).view(1, 1, 2, 4).expand(1, 3, 2, 4).clone()
    before, fourier = picture.clone(), Fourier(picture)
    fourier.move(fourier.gradient(some(1, 3, 2, 4)), torch.zeros(1, 1, 1, 1))
    assert torch.equal(picture, before)


def test_what_a_mask_holds_neither_moves_nor_counts() -> None:
    picture, slope, mask = middle(6, 8), some(1, 3, 6, 8), torch.zeros(1, 1, 6, 8)
    mask[..., 3:] = 1
    moved = picture.clone()
    fourier = Fourier(moved, mask)
    change = fourier.gradient(slope)
    slope[..., :3] = 99
    torch.testing.assert_close(fourier.gradient(slope), change)
    fourier.move(change, torch.ones(1, 1, 1, 1))
    assert torch.equal(moved[..., :3], picture[..., :3])
    assert not torch.isclose(moved[..., 3:], picture[..., 3:]).all()


def test_white_is_no_dead_end() -> None:
    picture = torch.ones(1, 3, 6, 8)
    fourier = Fourier(picture)
    fourier.move(fourier.gradient(-torch.ones(1, 3, 6, 8)), torch.full((1, 1, 1, 1), 0.1))
    assert picture.max() < 0.99


def test_adam_is_torchs_adam() -> None:
    ours, theirs, adam = some(2, 3, 4, 5), torch.nn.Parameter(some(2, 3, 4, 5)), Adam()
    optimiser = torch.optim.Adam([theirs], lr=0.01, maximize=True)
    for step in range(20):
        gradient = some(2, 3, 4, 5, seed=step) * math.exp(step / 3)
        ours += 0.01 * adam(gradient)
        theirs.grad = gradient
        optimiser.step()
    torch.testing.assert_close(ours, theirs.detach())


def test_adam_takes_real_and_imaginary_parts_apart() -> None:
    gradients = [torch.complex(some(1, 3, 4, 3, seed=k), 50 * some(1, 3, 4, 3, seed=k + 9)) for k in range(3)]
    whole, real, imaginary = Adam(), Adam(), Adam()
    for gradient in gradients:
        expected = torch.complex(real(gradient.real), imaginary(gradient.imag))
        torch.testing.assert_close(whole(gradient), expected)
