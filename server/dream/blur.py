"""Blurring by Gaussians, one or the mean of several, in one pass through the Fourier transform.

The kernels are applied as they are, tap by tap; the transform only makes the cost the same for one small kernel and
three large ones, on every device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .wrap import Wrap


def gaussian_blur(picture: Tensor, sigmas: Sequence[float], radius: int, wrap: Wrap) -> Tensor:
    """The mean of ``picture`` (NxCxHxW) blurred by Gaussians of standard deviations ``sigmas``, in pixels.

    radius: how many pixels the kernels reach either way before they are cut off and made to sum to 1. Beyond the edges
    the picture goes on round them where it wraps, with its border repeated where it does not.
    """
    if max(sigmas) <= 0 or radius == 0:
        return picture
    padded = picture
    for axis in (-2, -1):
        if not wrap.along(axis):
            padded = _repeat_border(padded, axis, radius)
    height, width = padded.shape[-2:]
    response = torch.zeros(height, width // 2 + 1)
    for sigma in sigmas:
        kernel = _kernel(sigma, radius)
        response += _response(kernel, height).real[:, None] * _response(kernel, width).real[: width // 2 + 1]
    waves = torch.fft.rfft2(padded).mul_((response / len(sigmas)).to(picture.device))
    blurred = torch.fft.irfft2(waves, s=(height, width))
    top, left = (0 if wrap.along(axis) else radius for axis in (-2, -1))
    return blurred[..., top : top + picture.shape[-2], left : left + picture.shape[-1]]


def reach(sigma: float) -> int:
    """The radius at which a Gaussian has faded to a hundredth: three standard deviations, in whole pixels."""
    return math.ceil(3 * sigma)


def _kernel(sigma: float, radius: int) -> Tensor:
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    kernel = torch.exp(-0.5 * (offsets / max(sigma, 1e-3)) ** 2)
    return kernel / kernel.sum()


def _response(kernel: Tensor, length: int) -> Tensor:
    """The transform of a symmetric kernel laid round an axis of ``length`` pixels, as often as it is longer."""
    radius = kernel.numel() // 2
    around = torch.zeros(length, dtype=torch.float64)
    around.index_add_(0, torch.arange(-radius, radius + 1) % length, kernel)
    return torch.fft.fft(around).to(torch.complex64)


def _repeat_border(picture: Tensor, axis: int, margin: int) -> Tensor:
    first, last = picture.narrow(axis, 0, 1), picture.narrow(axis, picture.shape[axis] - 1, 1)
    shape = list(picture.shape)
    shape[axis] = margin
    return torch.cat([first.expand(shape), picture, last.expand(shape)], axis)
