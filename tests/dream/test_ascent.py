"""One gradient in the numbers the setting "precision" offers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from reverie.server.dream.ascent.transforms import draw_shift
from reverie.server.dream.objective import View
from reverie.server.dream.objectives.compiling import objective_of
from reverie.server.dream.slope import gradient
from reverie.server.dream.wrap import OPEN
from reverie.server.networks.loading import load
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings


def slope_of(picture: torch.Tensor, network: StagedNetwork, layers: tuple[str, ...]) -> torch.Tensor:
    return gradient(
        picture,
        network,
        objective_of(DreamSettings(layers=", ".join(layers)), network),
        View(0, 0, *picture.shape[-2:]),
    )


def alike(one: torch.Tensor, other: torch.Tensor) -> float:
    return torch.nn.functional.cosine_similarity(one.flatten(), other.flatten(), 0).item()


def test_only_the_picture_is_differentiated(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    slope = slope_of(picture, small_network, ("third",))
    assert slope.shape == picture.shape
    assert not slope.requires_grad
    assert picture.grad is None
    assert all(weight.grad is None for weight in small_network.parameters())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_default_network_keeps_its_look_in_16_bits(picture: torch.Tensor, dtype: torch.dtype) -> None:
    network = load("ornament")
    full = slope_of(picture, network, network.default_layers)
    assert alike(full, slope_of(picture, copy.deepcopy(network).to(dtype), network.default_layers)) > 0.99


def test_float16_holds_gradients_far_beyond_its_range(picture: torch.Tensor) -> None:
    torch.manual_seed(1)
    steep = nn.Sequential(nn.Conv2d(3, 16, 3), nn.Softplus(), nn.Conv2d(16, 16, 3))
    for weight in steep.parameters():
        weight.data *= 40
    network = StagedNetwork("steep", {"only": steep}, ("only",))
    full = slope_of(picture, network, ("only",))
    assert full.abs().max() > 65504
    half = slope_of(picture, copy.deepcopy(network).half(), ("only",))
    assert alike(full, half) > 0.99
    torch.testing.assert_close(half.norm(), full.norm(), rtol=0.02, atol=0)


def test_shifts_reach_both_ends_and_no_further() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = [draw_shift(generator, 3, (64, 64), OPEN) for _ in range(300)]
    assert {down for down, _ in drawn} == {right for _, right in drawn} == set(range(-3, 4))
    assert {draw_shift(generator, 0, (64, 64), OPEN) for _ in range(5)} == {(0, 0)}
