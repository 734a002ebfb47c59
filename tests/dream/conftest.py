"""A network small enough to reason about, and the real thing with random weights."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn

from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.cutting import cut
from reverie.server.networks.staged import StagedNetwork


@pytest.fixture(scope="session")
def small_network() -> StagedNetwork:
    """Three stages, stride 4, each activation seeing a few dozen pixels; random but fixed weights."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        stages = {
            "first": nn.Sequential(nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.ReLU()),
            "second": nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(8, 12, 3, padding=1), nn.ReLU()),
            "third": nn.Sequential(nn.Conv2d(12, 6, 3, padding=1), nn.ReLU()),
        }
        return StagedNetwork("small", stages, ("third",), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.fixture(scope="session")
def random_googlenet() -> tuple[nn.Module, StagedNetwork]:
    """torchvision's GoogLeNet with fixed random weights, whole and as the zoo cuts it."""
    with torch.random.fork_rng():
        torch.manual_seed(11)
        whole = torchvision.models.googlenet(weights=None, init_weights=False, transform_input=False)
    network = cut(ARCHITECTURES["googlenet"], "random", whole.state_dict())
    return whole.eval().requires_grad_(False), network


@pytest.fixture
def picture() -> torch.Tensor:
    """1x3x90x123, 0..1: soft shapes and some noise."""
    rows, columns = torch.meshgrid(torch.linspace(0, 6, 90), torch.linspace(0, 8, 123), indexing="ij")
    noise = torch.rand(1, 3, 90, 123, generator=torch.Generator().manual_seed(3))
    shapes = torch.stack([rows.sin() * columns.cos(), (rows * columns / 5).sin(), (rows - columns).cos()])
    return (0.5 + 0.35 * shapes + 0.1 * (noise - 0.5)).clamp(0, 1)
