from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.cutting import cut
from reverie.server.networks.ornament import ornament
from reverie.server.networks.receptive import Field, receptive_fields
from reverie.server.networks.staged import StagedNetwork


def reach(network: StagedNetwork, layer: str, side: int) -> int:
    """Farthest pixel outside its own ``stride`` pixels that moves the middle activation, by its gradient."""
    x = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    (activation,) = network(x, [layer])
    middle, stride = activation.shape[-1] // 2, network.stride(layer)
    activation[..., middle, middle].square().sum().backward()
    assert x.grad is not None
    columns = x.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    return max(middle * stride - int(columns.min()), int(columns.max()) - (middle + 1) * stride + 1)


@pytest.mark.parametrize("layer", ["strokes", "contours", "ornaments"])
def test_ornament_sees_what_it_says(layer: str):
    network = ornament().double()
    assert network.halo(layer) - 4 <= reach(network, layer, 320) <= network.halo(layer)


@pytest.mark.parametrize(
    ("name", "layer"),
    [("googlenet", "inception3b"), ("inception_v3", "Mixed_5b"), ("vgg16", "relu3_3"), ("resnet50", "layer2")],
)
def test_a_network_sees_what_it_says(name: str, layer: str, random_model: Callable[..., nn.Module]):
    architecture = ARCHITECTURES[name]
    network = cut(architecture, name, random_model(architecture).state_dict()).double()
    # Random weights and dead units may leave the outermost pixels without a say.
    assert 0.7 * network.halo(layer) <= reach(network, layer, 256) <= network.halo(layer)


def test_fields_of_plain_stages():
    stages = nn.ModuleList(
        [
            nn.Conv2d(3, 4, 3, padding=1),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 4, 3, padding=2, dilation=2),
            nn.AvgPool2d(3, 2, 1),
        ]
    )
    assert receptive_fields(stages) == [Field(1, -1, 1), Field(2, -1, 2), Field(2, -5, 6), Field(4, -7, 8)]
    assert [field.halo for field in receptive_fields(stages)] == [1, 1, 5, 7]
