from __future__ import annotations

import pytest
import torch
from torch import nn

from reverie.server.networks.staged import StagedNetwork


@pytest.fixture(scope="session")
def tiny_network() -> StagedNetwork:
    """One stage of random but fixed weights, smooth as those of trained networks are: enough to dream something."""
    generator = torch.Generator().manual_seed(5)
    waves = torch.nn.functional.interpolate(
        torch.randn(8, 3, 3, 3, generator=generator), (9, 9), mode="bicubic", align_corners=True
    )
    window = torch.hann_window(11, periodic=False)[1:-1]
    layer = nn.Conv2d(3, 8, 9, stride=2, padding=4)
    layer.weight = nn.Parameter(waves * window * window[:, None], requires_grad=False)
    layer.bias = nn.Parameter(torch.zeros(8), requires_grad=False)
    return StagedNetwork("tiny", {"only": nn.Sequential(layer, nn.ReLU())}, ("only",), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
