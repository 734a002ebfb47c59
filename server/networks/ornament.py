"""The network `ornament`: needs no weights, dreams strokes, contours and ornaments."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .catalogue import ORNAMENT_LAYERS
from .staged import StagedNetwork

_ORIENTATIONS = 8


def ornament() -> StagedNetwork:
    """Build it: equal on every call and every machine."""
    stages = [_Strokes(), _Combine(96, 64, 0), _Combine(64, 96, 1)]
    return StagedNetwork(
        "ornament", dict(zip(ORNAMENT_LAYERS, stages, strict=True)), ("ornaments",), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
    )


def _gabor(size: int, wavelength: float, angle: float, phase: float) -> Tensor:
    r = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(r, r, indexing="ij")
    u = x * math.cos(angle) + y * math.sin(angle)
    v = -x * math.sin(angle) + y * math.cos(angle)
    s = wavelength * 0.5
    g = torch.exp(-(u * u + 0.4 * v * v) / (2 * s * s)) * torch.cos(2 * math.pi * u / wavelength + phase)
    g = g - g.mean()
    return g / g.norm()


class _Strokes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        opponent = [(1 / 3, 1 / 3, 1 / 3), (0.5, -0.5, 0.0), (0.25, 0.25, -0.5)]
        filters = []
        for colour, waves in zip(opponent, ((4.0, 7.0), (7.0,), (7.0,)), strict=True):
            for wave in waves:
                for k in range(_ORIENTATIONS):
                    for p in range(4 if len(waves) == 2 else 2):
                        g = _gabor(11, wave, k * math.pi / _ORIENTATIONS, p * math.pi / (2 if len(waves) == 2 else 1))
                        filters.append(torch.stack([c * g for c in colour]))
        self.filters = nn.Parameter(torch.stack(filters))

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(F.conv2d(x, self.filters, stride=2, padding=5))
        return a / (0.5 + a.mean(1, keepdim=True))


class _Combine(nn.Module):
    def __init__(self, inputs: int, outputs: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        w = torch.randn(outputs, inputs, 3, 3, generator=generator)
        w = w - w.mean((1, 2, 3), keepdim=True)
        self.filters = nn.Parameter(w / w.flatten(1).norm(dim=1).view(-1, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(x, 2)
        a = F.relu(F.conv2d(x, self.filters, padding=1))
        return a / (0.5 + a.mean(1, keepdim=True))
