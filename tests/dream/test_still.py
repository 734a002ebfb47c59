"""What a caller of the still dream may rely on."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from reverie.server.dream.events import Finished, Step
from reverie.server.dream.still import dream_still
from reverie.server.networks.catalogue import UnknownLayer
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings

QUICK = DreamSettings(octaves=2, iterations=2)


def dream(
    picture: torch.Tensor, network: StagedNetwork, request: DreamSettings = QUICK, start: torch.Tensor | None = None
) -> torch.Tensor:
    *_, last = dream_still(picture, network, request, start=start)
    assert isinstance(last, Finished)
    return last.picture


def test_events_count_the_steps_and_grow_with_the_octaves(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    events = list(dream_still(picture, small_network, QUICK))
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.step for step in steps] == [1, 2, 3, 4]
    assert {step.steps for step in steps} == {4}
    assert [tuple(step.picture.shape) for step in steps] == [(1, 3, 64, 88)] * 2 + [(1, 3, 90, 123)] * 2
    assert all(step.seconds_left is not None and step.seconds_left >= 0 for step in steps)
    assert steps[-1].seconds_left == pytest.approx(0, abs=1e-6)
    assert len(events) == 5


def test_the_input_is_left_as_it_is(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    before = picture.clone()
    assert not torch.equal(dream(picture, small_network), before)
    assert torch.equal(picture, before)


def test_one_step_moves_the_picture_by_step_on_average(small_network: StagedNetwork) -> None:
    grey = 0.4 + 0.2 * torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    once = DreamSettings(octaves=1, iterations=1, step=3.0, clip=False)
    assert (dream(grey, small_network, once) - grey).abs().mean().item() == pytest.approx(3 / 255, rel=1e-3)


def test_the_layers_get_more_excited(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    def excitement(image: torch.Tensor) -> float:
        return small_network(image, ["third"])[0].square().sum().item()

    dreamed = dream(picture, small_network, DreamSettings(octaves=1, iterations=10))
    assert excitement(dreamed) > 1.5 * excitement(picture)


def test_same_seed_same_bytes_other_seed_other_dream(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    first = dream(picture, small_network, QUICK.replace(seed=4))
    torch.rand(17)  # whatever ran before must not matter
    assert torch.equal(first, dream(picture, small_network, QUICK.replace(seed=4)))
    assert not torch.equal(first, dream(picture, small_network, QUICK.replace(seed=5)))


def test_several_layers_count_together(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    alone = [dream(picture, small_network, QUICK.replace(layers=layers)) for layers in ("first", "third")]
    both = dream(picture, small_network, QUICK.replace(layers="first, third"))
    assert not any(torch.equal(both, one) for one in alone)


def test_an_unknown_layer_is_named(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    with pytest.raises(UnknownLayer, match="thirt"):
        dream(picture, small_network, QUICK.replace(layers="thirt"))


def test_no_longer_asking_cancels(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    hook = small_network.register_forward_hook(count)
    running = dream_still(picture, small_network, DreamSettings(octaves=1, iterations=50, tile=40))
    next(running)
    after_one_tile = calls
    running.close()  # type: ignore[attr-defined]
    hook.remove()
    assert calls == after_one_tile, "nothing is computed after the caller has gone"
    # One call to count memory may come first; a whole tiled step would be twelve.
    assert after_one_tile <= 2


def test_values_that_are_no_numbers_stay_and_never_spread(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    broken = picture.clone()
    broken[0, 0, 10, 20] = torch.nan
    broken[0, :, 40:43, 50] = torch.inf
    broken[0, 2, 80, 100] = -torch.inf
    dreamed = dream(broken, small_network)
    assert torch.equal(dreamed.isfinite(), broken.isfinite())
    assert dreamed[0, 0, 10, 20].isnan()
    assert (dreamed[0, :, 40:43, 50] == torch.inf).all()
    assert (dreamed - broken)[broken.isfinite()].abs().mean() > 1e-3


@pytest.mark.parametrize("seamless", ["none", "x", "xy"])
def test_a_picture_of_3_by_5000_dreams(small_network: StagedNetwork, seamless: str) -> None:
    picture = torch.rand(1, 3, 3, 5000, generator=torch.Generator().manual_seed(9))
    dreamed = dream(picture, small_network, QUICK.replace(seamless=seamless))
    assert dreamed.shape == picture.shape
    assert dreamed.isfinite().all()
    assert (dreamed - picture).abs().mean() > 1e-3


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (500, 1), (2, 2)])
def test_tiny_pictures_dream(random_googlenet: tuple[nn.Module, StagedNetwork], size: tuple[int, int]) -> None:
    picture = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(9))
    dreamed = dream(picture, random_googlenet[1])
    assert dreamed.shape == picture.shape
    assert dreamed.isfinite().all()
    assert not torch.equal(dreamed, picture)


def test_a_picture_that_excites_nothing_stays(picture: torch.Tensor) -> None:
    dead = StagedNetwork("dead", {"only": nn.Sequential(nn.Conv2d(3, 2, 3), nn.Hardtanh(0.0, 1e-9))}, ("only",))
    with torch.no_grad():
        next(dead.parameters()).zero_()
        list(dead.parameters())[1].fill_(-1.0)
    # One octave exactly; more add only the rounding of base + detail - base, which is nothing too.
    assert torch.equal(dream(picture, dead, QUICK.replace(octaves=4)), picture)


def test_overflow_in_the_network_breaks_nothing(picture: torch.Tensor) -> None:
    wild = StagedNetwork("wild", {"only": nn.Conv2d(3, 2, 3)}, ("only",))
    next(wild.parameters()).data.fill_(1e30)
    assert dream(picture, wild).isfinite().all()


def test_starting_from_a_dream_goes_on_from_it(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    once = dream(picture, small_network, QUICK)
    still = QUICK.replace(step=0.0, octaves=1)
    torch.testing.assert_close(dream(picture, small_network, still, start=once), once)
    assert torch.equal(dream(picture, small_network, still, start=picture), picture)
    further = dream(picture, small_network, QUICK, start=once)
    assert (further - picture).abs().mean() > 1.2 * (once - picture).abs().mean()


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    octaves=st.integers(1, 5),
    scale=st.floats(1.05, 4.0),
    step=st.floats(0.0, 64.0),
    jitter=st.integers(0, 200),
    tile=st.sampled_from([0, 16, 40]),
)
def test_any_request_gives_a_picture_in_range(
    small_network: StagedNetwork,
    height: int,
    width: int,
    octaves: int,
    scale: float,
    step: float,
    jitter: int,
    tile: int,
) -> None:
    picture = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height))
    request = DreamSettings(octaves=octaves, octave_scale=scale, iterations=1, step=step, jitter=jitter, tile=tile)
    dreamed = dream(picture, small_network, request)
    assert dreamed.shape == picture.shape
    assert dreamed.dtype == torch.float32
    assert dreamed.min() >= 0
    assert dreamed.max() <= 1
    if step == 0:
        assert torch.equal(dreamed, picture), "the picture is kept exactly however small the octaves"
