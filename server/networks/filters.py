"""Filters made from formulas: what the lowest layers of trained networks, and of our own eyes, are found to hold."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ORIENTATIONS = 8
# Of the lines a filter answers to, in radians: 0 is a line along x, and y runs downwards.
ANGLES = tuple(k * math.pi / ORIENTATIONS for k in range(ORIENTATIONS))


def coordinates(size: int, spacing: float = 1.0) -> tuple[Tensor, Tensor]:
    """x and y of a filter's taps in pixels from its centre, each (size, size)."""
    ramp = (torch.arange(size, dtype=torch.float64) - (size - 1) / 2) * spacing
    y, x = torch.meshgrid(ramp, ramp, indexing="ij")
    return x, y


def squared_distance(size: int, spacing: float = 1.0) -> Tensor:
    """Squared distance of a filter's taps from its centre in pixels, (size, size)."""
    x, y = coordinates(size, spacing)
    return x.square() + y.square()


def turned(x: Tensor, y: Tensor, angle: float) -> tuple[Tensor, Tensor]:
    """Coordinates along and across a line of this angle."""
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def gabor(size: int, wavelength: float, angle: float) -> tuple[Tensor, Tensor]:
    """The even and odd Gabor filter for lines of this angle, without response to a flat picture (Daugman 1985)."""
    along, across = turned(*coordinates(size), angle)
    envelope = gaussian(across.square() + along.square() / 2, 0.4 * wavelength)
    phase = across * (2 * math.pi / wavelength)
    even, odd = envelope * phase.cos(), envelope * phase.sin()
    even = even - envelope * (even.sum() / envelope.sum())
    return 2 * even / even.abs().sum(), 2 * odd / odd.abs().sum()


def spot(size: int, sigma: float) -> Tensor:
    """Centre against surround: the difference of two Gaussians, of standard deviations sigma and 2 sigma."""
    squared = squared_distance(size)
    centre, surround = gaussian(squared, sigma), gaussian(squared, 2 * sigma)
    both = centre / centre.sum() - surround / surround.sum()
    return 2 * both / both.abs().sum()


def gaussian(squared: Tensor, sigma: float) -> Tensor:
    """The Gaussian of a squared distance, 1 at its peak."""
    return torch.exp(-squared / (2 * sigma**2))


def alike(angle: Tensor, other: float, sharpness: float) -> Tensor:
    """How near two orientations are, 0..1: von Mises over the half circle, where a line has no head and no tail."""
    return torch.exp(sharpness * (torch.cos(2 * (angle - other)) - 1))


def balanced(template: Tensor) -> Tensor:
    """A template (orientations, h, w) that no place without a preferred orientation can please.

    Its positive part sums to 1.
    """
    template = template - template.mean(0, keepdim=True)
    return template / template.clamp(min=0).sum()


class Blur(nn.Module):
    """A Gaussian blur of each channel, then every ``stride``-th pixel: the average over a neighbourhood."""

    is_leaf = True  # one operation to whoever traces a network

    def __init__(self, sigma: float, stride: int = 1) -> None:
        super().__init__()
        size = 2 * math.ceil(2.2 * sigma) + 1
        taps = gaussian(torch.arange(size, dtype=torch.float64).sub(size // 2).square(), sigma)
        self.taps = nn.Parameter((taps / taps.sum()).float())
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H / stride, W / stride)."""
        channels, size = x.shape[1], len(self.taps)
        # Always in float32: an average of many values wants the digits, and on some shapes oneDNN 3.13 compiles a
        # depthwise convolution in bfloat16 without end.
        taps, wide = self.taps.float(), x.float()
        down, right = taps.view(1, 1, size, 1), taps.view(1, 1, 1, size)
        half = size // 2
        wide = F.conv2d(wide, down.expand(channels, 1, size, 1), None, (self.stride, 1), (half, 0), groups=channels)
        wide = F.conv2d(wide, right.expand(channels, 1, 1, size), None, (1, self.stride), (0, half), groups=channels)
        return wide.to(x.dtype)
