"""Looks at a picture and the way back, noise to begin with, and bumps."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.server.dream.ascent.transforms import Lens, Transform, draw_shift, draw_transform
from reverie.server.dream.bump import bump
from reverie.server.dream.noise import coloured_noise, starting_picture
from reverie.server.dream.spectrum import radial_frequencies
from reverie.server.dream.wrap import OPEN, Wrap
from reverie.shared.settings import DreamSettings

CPU = torch.device("cpu")
WRAPS = st.builds(Wrap, st.booleans(), st.booleans())


def some(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    seed=st.integers(0, 999),
    scale=st.sampled_from([0.0, 0.3, 0.5]),
    turn=st.sampled_from([0.0, 20.0, 180.0]),
    flips=st.booleans(),
    wrap=WRAPS,
)
def test_the_way_back_is_the_adjoint(
    height: int, width: int, seed: int, scale: float, turn: float, flips: bool, wrap: Wrap
) -> None:
    request, generator = (
        DreamSettings(random_scale=scale, random_turn=turn, flips=flips),
        torch.Generator().manual_seed(seed),
    )
    size = (height, width)
    lens = Lens(draw_transform(generator, request, size), size, wrap, (seed % 7, seed % 5), CPU)
    x, y = some(2, 3, *size, seed=seed), some(2, 3, *size, seed=seed + 1)
    there, back = (lens.see(x).double() * y).sum().item(), (x.double() * lens.back(y)).sum().item()
    assert there == pytest.approx(back, abs=1e-3)


def test_jitter_alone_copies_nothing_and_draws_as_ever() -> None:
    one, other = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    x, y = torch.randint(-32, 33, (2,), generator=other).tolist()
    assert draw_shift(one, 32, (9, 9), OPEN) == (y, x)
    transform = draw_transform(one, DreamSettings(), (9, 9))
    assert torch.equal(one.get_state(), other.get_state())
    picture = some(1, 3, 9, 9)
    assert Lens(transform, (9, 9), OPEN, (y, x), CPU).see(picture) is picture


def test_along_an_axis_that_wraps_any_shift_may_come() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = [draw_shift(generator, 2, (40, 7), Wrap(x=True)) for _ in range(400)]
    assert {down for down, _ in drawn} == set(range(-2, 3))
    assert {right for _, right in drawn} == set(range(7))
    assert draw_shift(generator, 0, (40, 7), Wrap(x=True)) == (0, 0)


def test_a_quarter_turn_and_twice_the_size() -> None:
    picture = torch.arange(9.0).view(1, 1, 3, 3)
    quarter = Lens(Transform(turn=math.pi / 2, down=1, right=1), (3, 3), OPEN, (0, 0), CPU).see(picture)
    torch.testing.assert_close(quarter, picture.rot90(1, (-2, -1)), atol=1e-5, rtol=0)
    larger = Lens(Transform(scale=2, down=0, right=0), (3, 3), OPEN, (0, 0), CPU).see(picture)
    torch.testing.assert_close(larger[0, 0], torch.tensor([[0, 0.5, 1], [1.5, 2, 2.5], [3, 3.5, 4]]))


def test_beyond_the_edge_lies_the_mirror_image_or_the_other_side() -> None:
    picture = torch.arange(4.0).view(1, 1, 1, 4)
    smaller = Transform(scale=0.5)
    seen = [Lens(smaller, (1, 4), wrap, (0, 0), CPU).see(picture).flatten().tolist() for wrap in (OPEN, Wrap(x=True))]
    assert seen == [[0, 2, 2, 0], [0, 2, 0, 2]]


def fall(noise: torch.Tensor) -> float:
    """The exponent with which the power of noise rises with frequency: the slope of a line in a log-log plot."""
    power = torch.fft.rfft2(noise.double() - noise.double().mean()).abs().square().mean((0, 1)).flatten()
    frequency = radial_frequencies(*noise.shape[-2:]).flatten()
    inside = (frequency > 0.02) & (frequency < 0.4)
    x, y = frequency[inside].double().log(), power[inside].log()
    return float(((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum())


@pytest.mark.parametrize(("kind", "exponent"), [("white", 0), ("pink", -2), ("brown", -4)])
def test_noise_has_its_spectrum(kind: str, exponent: float) -> None:
    noise = coloured_noise(kind, 2, (128, 160), torch.Generator().manual_seed(1))
    assert fall(noise) == pytest.approx(exponent, abs=0.1)
    torch.testing.assert_close(noise.std((1, 2, 3), correction=0), torch.ones(2))
    start = starting_picture(kind, torch.zeros(2, 3, 128, 160), torch.Generator().manual_seed(1))
    assert 0 <= start.min() < start.max() <= 1
    assert fall(start) == pytest.approx(exponent, abs=0.3)
    assert not torch.equal(start[0], start[1])


def test_noise_is_coloured_as_photographs_are() -> None:
    noise = coloured_noise("pink", 1, (64, 64), torch.Generator().manual_seed(2))[0].flatten(1)
    light, red_blue, green_magenta = noise.sum(0) / 3**0.5, noise[0] - noise[2], noise[0] + noise[2] - 2 * noise[1]
    assert (red_blue.std() / 2**0.5 / light.std()).item() == pytest.approx(0.28, abs=0.05)
    assert (green_magenta.std() / 6**0.5 / light.std()).item() == pytest.approx(0.13, abs=0.03)


@pytest.mark.parametrize("kind", ["grey", "white", "pink", "brown"])
def test_noise_meets_itself_at_the_edges(kind: str) -> None:
    noise = starting_picture(kind, torch.zeros(1, 3, 96, 96), torch.Generator().manual_seed(3))
    across = (noise[..., 0] - noise[..., -1]).abs().mean()
    inside = (noise[..., 1:] - noise[..., :-1]).abs().mean()
    assert across < 1.5 * inside
    for size in [(1, 1), (1, 7)]:
        assert starting_picture(kind, torch.zeros(1, 3, *size), torch.Generator()).isfinite().all()


@pytest.mark.parametrize("kind", ["noise", "twist", "shift"])
@pytest.mark.parametrize("seamless", ["none", "x"])
def test_a_bump_changes_what_was_dreamed_where_it_may(kind: str, seamless: str) -> None:
    request = DreamSettings(bump=kind, bump_amount=0.3, seamless=seamless)
    rest, mask = torch.rand(1, 3, 30, 40, generator=torch.Generator().manual_seed(4)), torch.ones(1, 1, 30, 40)
    mask[..., :8, :] = 0
    picture = rest + 0.1 * some(1, 3, 30, 40)
    before = picture.clone()
    bump(picture, rest, request, torch.Generator().manual_seed(5), mask)
    assert torch.equal(picture[..., :8, :], before[..., :8, :])
    assert (picture - before).abs().mean() > 0.01
    if kind != "noise":
        untouched = rest.clone()
        bump(untouched, rest, request, torch.Generator().manual_seed(5), None)
        torch.testing.assert_close(untouched, rest)


def test_a_shift_moves_by_its_share_and_round_the_edges_that_meet() -> None:
    dot = torch.zeros(1, 1, 40, 40)
    dot[..., 20, 20] = 1
    moved = dot.clone()
    bump(moved, torch.zeros(1), DreamSettings(bump="shift", bump_amount=0.25), torch.Generator().manual_seed(1), None)
    ((row, column),) = moved[0, 0].nonzero().tolist()
    assert math.hypot(row - 20, column - 20) == pytest.approx(10, abs=1)
    everywhere = some(1, 1, 40, 40)
    moved = everywhere.clone()
    request = DreamSettings(bump="shift", bump_amount=0.9, seamless="xy")
    bump(moved, torch.zeros(1), request, torch.Generator().manual_seed(1), None)
    torch.testing.assert_close(moved.flatten().sort().values, everywhere.flatten().sort().values, atol=1e-5, rtol=0)
