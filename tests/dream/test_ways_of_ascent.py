"""What holds for every combination of settings of the ascent and of where it starts."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from reverie.server.dream.events import Finished, Step
from reverie.server.dream.still import dream_still
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings


def choices(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([choice.value for choice in DreamSettings.specs()[name].choices])


CALM, TURNS = st.sampled_from([0.0, 0.0, 0.5, 10.0]), st.sampled_from([0.0, 0.0, 0.4])
REQUESTS = st.builds(
    DreamSettings,
    octaves=st.integers(1, 3),
    iterations=st.integers(1, 2),
    step=st.sampled_from([0.0, 1.5, 64.0]),
    ascent=choices("ascent"),
    normaliser=choices("normaliser"),
    smoothing=choices("smoothing"),
    bands=st.integers(1, 10),
    total_variation=CALM,
    pull=CALM,
    blur=st.sampled_from([0.0, 0.0, 1.3]),
    random_scale=TURNS,
    random_turn=st.sampled_from([0.0, 0.0, 180.0]),
    flips=st.booleans(),
    start=choices("start"),
    parameters=choices("parameters"),
    detail_split=st.booleans(),
    octaves_beyond=st.sampled_from([0, 0, 2]),
    bump=choices("bump"),
    seamless=choices("seamless"),
    jitter=st.sampled_from([0, 7]),
    clip=st.booleans(),
    tile=st.sampled_from([0, 0, 24]),
    seed=st.integers(0, 99),
)
SIDES = st.integers(1, 40)


def events(picture: torch.Tensor, network: StagedNetwork, request: DreamSettings, **more: torch.Tensor) -> list:
    return list(dream_still(picture, network, request, **more))


def dream(picture: torch.Tensor, network: StagedNetwork, request: DreamSettings, **more: torch.Tensor) -> torch.Tensor:
    last = events(picture, network, request, **more)[-1]
    assert isinstance(last, Finished)
    return last.picture


def some_picture(height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height))


@settings(max_examples=30, deadline=None)
@given(request=REQUESTS, height=SIDES, width=SIDES)
def test_every_step_is_finite_in_range_and_repeats(
    small_network: StagedNetwork, request: DreamSettings, height: int, width: int
) -> None:
    picture = some_picture(height, width)
    before = picture.clone()
    last: torch.Tensor | None = None
    for event in dream_still(picture, small_network, request):
        last = event.picture if isinstance(event, Finished) else None
        assert event.picture.isfinite().all()
        if request.clip:
            low, high = (0.0, 1.0) if isinstance(event, Finished) else (-1.0, 2.0)
            assert low <= event.picture.min() <= event.picture.max() <= high
    assert last is not None
    assert last.shape == picture.shape
    assert torch.equal(picture, before)
    assert torch.equal(dream(picture, small_network, request), last)


@settings(max_examples=20, deadline=None)
@given(request=REQUESTS, height=SIDES, width=SIDES)
def test_a_step_of_nothing_changes_nothing(
    small_network: StagedNetwork, request: DreamSettings, height: int, width: int
) -> None:
    assume(request.bump != "noise")
    picture = some_picture(height, width)
    request = request.replace(step=0.0, start="picture", detail_split=True)
    assert torch.equal(dream(picture, small_network, request), picture)


@settings(max_examples=20, deadline=None)
@given(request=REQUESTS, height=st.integers(8, 40), width=st.integers(8, 40))
def test_outside_the_mask_not_a_bit_changes(
    small_network: StagedNetwork, request: DreamSettings, height: int, width: int
) -> None:
    picture = some_picture(height, width) * 1.5 - 0.25
    mask = torch.zeros(1, 1, height, width)
    mask[..., : height // 2, 2:] = torch.linspace(0, 1, width - 2)
    dreamed = dream(picture, small_network, request, mask=mask)
    outside = (mask == 0).expand_as(picture)
    assert torch.equal(dreamed[outside], picture[outside])
    assert dreamed.isfinite().all()


def test_a_small_mask_dreams_as_strongly(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    mask = torch.zeros(1, 1, *picture.shape[-2:])
    mask[..., 40:60, 50:80] = 1
    for parameters in ("pixels", "fourier"):
        request = DreamSettings(octaves=1, iterations=1, step=3.0, clip=False, parameters=parameters)
        moved = (dream(picture, small_network, request, mask=mask) - picture)[..., 40:60, 50:80]
        assert moved.abs().mean().item() == pytest.approx(3 / 255, rel=0.15)


@pytest.mark.parametrize(
    "way",
    [
        {"ascent": "adam"},
        {"normaliser": "deviation"},
        {"normaliser": "standard"},
        {"smoothing": "laplacian"},
        {"smoothing": "gaussian"},
        {"parameters": "fourier"},
        {"parameters": "fourier", "ascent": "adam"},
        {"random_scale": 0.2, "random_turn": 20.0, "flips": True},
        {"detail_split": False},
        {"octaves_beyond": 1},
        {"start": "pink"},
    ],
    ids=lambda way: " ".join(f"{name}={value}" for name, value in way.items()),
)
def test_every_way_excites_the_layers_more(small_network: StagedNetwork, picture: torch.Tensor, way: dict) -> None:
    def excitement(image: torch.Tensor) -> float:
        return small_network(image, ["third"])[0].square().sum().item()

    request = DreamSettings(octaves=2, iterations=6, **way)
    beginning = dream(picture, small_network, request.replace(step=0.0))
    assert excitement(dream(picture, small_network, request)) > 1.1 * excitement(beginning)


def test_one_fourier_step_moves_the_picture_by_step_on_average(small_network: StagedNetwork) -> None:
    grey = 0.4 + 0.2 * torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    once = DreamSettings(octaves=1, iterations=1, step=3.0, clip=False, parameters="fourier")
    assert (dream(grey, small_network, once) - grey).abs().mean().item() == pytest.approx(3 / 255, rel=0.01)


def test_restraint_holds_the_dream_back(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    def moved(**how: float) -> torch.Tensor:
        return dream(picture, small_network, DreamSettings(octaves=1, iterations=8, clip=False, **how)) - picture

    def roughness(image: torch.Tensor) -> torch.Tensor:
        return (image[..., 1:] - image[..., :-1]).abs().mean()

    free = moved()
    assert moved(pull=0.9).abs().mean() < 0.8 * free.abs().mean()
    assert roughness(moved(total_variation=0.8)) < 0.8 * roughness(free)
    assert roughness(moved(blur=0.8)) < 0.5 * roughness(free)


def test_octaves_beyond_the_picture_count_and_come_back(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    request = DreamSettings(octaves=2, iterations=1, octaves_beyond=2)
    steps = [event for event in events(picture, small_network, request) if isinstance(event, Step)]
    assert [tuple(step.picture.shape[-2:]) for step in steps] == [(64, 88), (90, 123), (126, 172), (176, 241)]
    assert [step.step for step in steps] == [1, 2, 3, 4] and {step.steps for step in steps} == {4}
    assert steps[-1].seconds_left == pytest.approx(0, abs=1e-6)


def test_a_dream_that_is_not_split_is_scaled_up_whole(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    still = DreamSettings(step=0.0, octaves=3, detail_split=False)
    blurred = dream(picture, small_network, still)
    assert (blurred - picture).abs().mean() > 0.01
    smallest = next(iter(dream_still(picture, small_network, still))).picture
    assert blurred.shape[-1] > 1.9 * smallest.shape[-1]


def test_wild_gradients_break_nothing(picture: torch.Tensor) -> None:
    for weight in (1e30, 1e-20):
        wild = StagedNetwork("wild", {"only": nn.Conv2d(3, 2, 3)}, ("only",))
        next(wild.parameters()).data.fill_(weight)
        for parameters in ("pixels", "fourier"):
            for ascent in ("normalised", "adam"):
                for smoothing in ("none", "laplacian", "gaussian"):
                    request = DreamSettings(
                        octaves=1,
                        iterations=2,
                        parameters=parameters,
                        ascent=ascent,
                        smoothing=smoothing,
                        normaliser="deviation",
                        clip=False,
                    )
                    dreamed = dream(picture, wild, request)
                    assert dreamed.isfinite().all() and (dreamed - picture).abs().max() < 5
