"""What a step changes, pixels or waves, and Adam's way of changing it."""

from __future__ import annotations

import math

import pytest
import torch

from reverie.server.dream.ascent.adam import Adam
from reverie.server.dream.ascent.parameters import Fourier
from reverie.server.dream.spectrum import mix_colours

CPU = torch.device("cpu")
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
    actual = Fourier(size, CPU).gradient(picture, slope, None)
    torch.testing.assert_close(actual, (waves.grad / twice).to(torch.complex64), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("size", SIZES)
def test_a_small_move_has_the_effect_foretold(size: tuple[int, int]) -> None:
    fourier, picture = Fourier(size, CPU), middle(*size)
    change = fourier.gradient(picture, some(1, 3, *size), None)
    up, down = picture.clone(), picture.clone()
    fourier.move(up, change, torch.full((1, 1, 1, 1), 1e-3), None)
    fourier.move(down, change, torch.full((1, 1, 1, 1), -1e-3), None)
    torch.testing.assert_close((up - down) / 2e-3, fourier.effect(picture, change), atol=2e-3, rtol=1e-2)


def test_no_change_leaves_any_picture_as_it_is() -> None:
    picture = torch.tensor([-0.5, 0.0, 1e-7, 0.049, 0.3, 1.0, 7.0, 0.951]).view(1, 1, 2, 4).expand(1, 3, 2, 4).clone()
    before, fourier = picture.clone(), Fourier((2, 4), CPU)
    fourier.move(picture, fourier.gradient(picture, some(1, 3, 2, 4), None), torch.zeros(1, 1, 1, 1), None)
    assert torch.equal(picture, before)


def test_what_a_mask_holds_neither_moves_nor_counts() -> None:
    fourier, picture, slope = Fourier((6, 8), CPU), middle(6, 8), some(1, 3, 6, 8)
    mask = torch.zeros(1, 1, 6, 8)
    mask[..., 3:] = 1
    change = fourier.gradient(picture, slope, mask)
    slope[..., :3] = 99
    torch.testing.assert_close(fourier.gradient(picture, slope, mask), change)
    moved = picture.clone()
    fourier.move(moved, change, torch.ones(1, 1, 1, 1), mask)
    assert torch.equal(moved[..., :3], picture[..., :3])
    assert not torch.isclose(moved[..., 3:], picture[..., 3:]).all()


def test_white_is_no_dead_end() -> None:
    fourier, picture = Fourier((6, 8), CPU), torch.ones(1, 3, 6, 8)
    change = fourier.gradient(picture, -torch.ones(1, 3, 6, 8), None)
    fourier.move(picture, change, torch.full((1, 1, 1, 1), 0.1), None)
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
