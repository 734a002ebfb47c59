"""Whose colours a dream has."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reverie.server.dream.colours import achromatic, matched

# R'G'B' to Y'CbCr of Rec. BT.709, the colour differences unscaled.
YCC = torch.tensor([[0.2126, 0.7152, 0.0722], [-0.2126, -0.7152, 0.9278], [0.7874, -0.7152, -0.0722]])


def random(seed: int, height: int = 12, width: int = 17) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def colourful(seed: int, spread: float = 1.0) -> torch.Tensor:
    """Colours that vary in all directions, most in one that is no channel's."""
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(seed)))[0]
    axes = turn * torch.tensor([0.6, 0.4, 0.25]) * spread
    return 0.5 + torch.einsum("dc,nchw->ndhw", axes, random(seed + 1) - 0.5)


def moments(picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    colours = picture[0].flatten(1).double()
    return colours.mean(1), torch.cov(colours, correction=0)


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_luminance_takes_the_dreams_lightness_and_the_pictures_chroma(a: int, b: int) -> None:
    picture, dreamed = random(a), random(b)
    result, was, wished = (
        torch.einsum("dc,nchw->ndhw", YCC, one) for one in (achromatic(dreamed, picture), picture, dreamed)
    )
    torch.testing.assert_close(result[:, 0], wished[:, 0], atol=1e-6, rtol=0)
    torch.testing.assert_close(result[:, 1:], was[:, 1:], atol=1e-6, rtol=0)


def test_luminance_of_no_dream_is_the_picture() -> None:
    assert torch.equal(achromatic(random(1), random(1)), random(1))


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_match_has_the_pictures_mean_and_covariance(a: int, b: int) -> None:
    picture, dreamed = colourful(a), colourful(b)
    mean, covariance = moments(matched(dreamed, picture))
    wanted_mean, wanted = moments(picture)
    torch.testing.assert_close(mean, wanted_mean, atol=1e-5, rtol=0)
    # But for a few times the variance of one 8-bit level, by which grey pictures are told from coloured ones.
    torch.testing.assert_close(covariance, wanted, atol=1e-4, rtol=0)


def test_match_moves_colours_as_little_as_can_be() -> None:
    """Of all maps to the same covariance the symmetric one is the nearest; a turned one does as well, farther off."""
    picture, dreamed = colourful(3), colourful(4)
    result = matched(dreamed, picture)
    mean, covariance = moments(result)
    values, vectors = torch.linalg.eigh(covariance)
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(5)))[0]
    root, inverse = ((vectors * values**power) @ vectors.T for power in (0.5, -0.5))
    colours = result[0].flatten(1).double() - mean[:, None]
    other = (root @ turn @ inverse @ colours + mean[:, None]).view_as(result[0])
    torch.testing.assert_close(moments(other[None])[1], covariance)
    assert (result[0] - dreamed[0]).square().sum() < (other - dreamed[0]).square().sum()


@pytest.mark.parametrize("spread", [0.0, 1e-6])
def test_match_stays_finite_where_colours_do_not_vary(spread: float) -> None:
    flat = colourful(6, spread)
    grey = random(7)[:, :1].expand(1, 3, 12, 17)
    for picture, dreamed in [(flat, colourful(8)), (colourful(8), flat), (grey, colourful(8)), (colourful(8), grey)]:
        result = matched(dreamed, picture)
        assert result.isfinite().all()
        assert result.min() > -1
        assert result.max() < 2
    coloured = matched(colourful(8), grey)[0]
    assert (coloured.amax(0) - coloured.amin(0)).max() < 0.02, "the dream of a grey picture is grey"


def test_match_of_no_dream_is_the_picture() -> None:
    assert torch.equal(matched(colourful(9), colourful(9)), colourful(9))


def test_only_what_counts_is_measured_and_moved() -> None:
    picture, dreamed = colourful(10), colourful(11)
    weight = torch.zeros(1, 1, 12, 17)
    weight[..., :9] = 1
    expected = matched(dreamed[..., :9], picture[..., :9])
    dreamed[..., 9:] = 77.0
    result = matched(dreamed, picture, weight)
    torch.testing.assert_close(result[..., :9], expected)
    assert torch.equal(result[..., 9:], dreamed[..., 9:])
    assert torch.equal(matched(dreamed, picture, torch.zeros_like(weight)), dreamed)
