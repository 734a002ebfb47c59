from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from reverie.server.dream.events import Finished
from reverie.server.dream.still import dream_still
from reverie.server.networks.catalogue import find
from reverie.server.networks.loading import load
from reverie.server.networks.ornament import ornament
from reverie.shared.settings import DreamSettings


def stripes(angle: float, wavelength: float = 9.5, side: int = 96) -> Tensor:
    """A grey grating whose lines run along ``angle``: 1x3xHxW."""
    y, x = torch.meshgrid(torch.arange(side) - side / 2, torch.arange(side) - side / 2, indexing="ij")
    wave = torch.sin(2 * math.pi * (y * math.cos(angle) - x * math.sin(angle)) / wavelength)
    return (0.5 + 0.3 * wave).expand(1, 3, side, side)


def rings(side: int = 96) -> Tensor:
    y, x = torch.meshgrid(torch.arange(side) - side / 2, torch.arange(side) - side / 2, indexing="ij")
    return (0.5 + 0.3 * torch.cos(2 * math.pi * torch.hypot(x, y) / 9.5)).expand(1, 3, side, side)


def dreamed(picture: Tensor, **settings: object) -> Tensor:
    *_, last = dream_still(picture, ornament(), DreamSettings().replace(**settings))
    assert isinstance(last, Finished)
    return last.picture


def test_two_builds_are_equal():
    one, two = load("ornament"), load("ornament")
    assert one.state_dict().keys() == two.state_dict().keys()
    assert all(two.state_dict()[key].equal(value) for key, value in one.state_dict().items())


def test_what_is_declared_is_what_is_built():
    network, info = load("ornament"), find("ornament")
    assert (network.layers, network.default_layers) == (info.layers, info.default_layers)
    assert not any(p.requires_grad for p in network.parameters())


@pytest.mark.parametrize("k", range(8))
def test_strokes_tell_angles_apart(k: int):
    (strokes,) = ornament()(stripes(k * math.pi / 8), ["strokes"])
    coarse = strokes[0, 8:16, 20:28, 20:28].mean((1, 2))
    assert coarse.argmax() == k


def test_ornaments_prefer_rings_to_stripes():
    network = ornament()
    (ring,), (straight,) = network(rings()), network(stripes(0.0))
    middle = (0, slice(None), slice(10, 14), slice(10, 14))
    assert ring[middle].max() > 3 * straight[middle].max()


def test_a_dream_is_neither_noise_nor_grey():
    picture = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(3))
    picture = torch.nn.functional.interpolate(picture, scale_factor=6, mode="bicubic").clamp(0, 1) * 0.6 + 0.2
    detail = dreamed(picture, octaves=2) - picture
    assert detail.abs().mean() > 0.02
    # Strokes hold together: a pixel and its neighbour move alike, which noise and checkerboards don't.
    for shifted in (detail.roll(1, -1), detail.roll(1, -2)):
        assert torch.corrcoef(torch.stack([detail.flatten(), shifted.flatten()]))[0, 1] > 0.7
    # And they have colours: the channels don't all move as one.
    assert detail.std(1).mean() > 0.25 * detail.abs().mean()


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_flat_picture_is_dreamed_without_failing(level: float):
    dream = dreamed(torch.full((1, 3, 64, 64), level), octaves=2, iterations=3)
    assert dream.isfinite().all() and dream.min() >= 0 and dream.max() <= 1


def test_half_precision_sees_the_same():
    full = load("ornament")(rings())[0]
    half = load("ornament", dtype=torch.bfloat16)(rings().bfloat16())[0].float()
    assert torch.nn.functional.cosine_similarity(full.flatten(), half.flatten(), dim=0) > 0.98


@pytest.mark.timeout(60)
def test_half_precision_ends_on_any_shape():
    """Some shapes once sent torch's compiler of bfloat16 convolutions into a loop without end."""
    assert load("ornament", dtype=torch.bfloat16)(torch.rand(1, 3, 186, 373).bfloat16())[0].isfinite().all()
