"""Spectra: pictures as sums of waves, and the colours in which those of photographs vary apart from one another."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

# Light and dark, red against blue, green against magenta: along these the colours of photographs are uncorrelated
# (Ruderman, Cronin and Chiao 1998), and this is how much they vary along each. The product is lucid's matrix
# `color_correlation_svd_sqrt`, measured on ImageNet, to within its two digits.
_AXES = ((3**-0.5, 3**-0.5, 3**-0.5), (2**-0.5, 0.0, -(2**-0.5)), (-(6**-0.5), 2 * 6**-0.5, -(6**-0.5)))
_STRENGTHS = (1.0, 0.28, 0.13)


def radial_frequencies(height: int, width: int) -> Tensor:
    """The frequency of each wave of `torch.fft.rfft2`, in cycles per pixel; Hx(W//2+1) float32, 0 first.

    Reckoned on the CPU, so that it is the same for every device.
    """
    down = torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    across = torch.fft.rfftfreq(width, dtype=torch.float64)[None]
    return torch.hypot(down, across).float()


def mix_colours(uncorrelated: Tensor) -> Tensor:
    """Nx3xHxW along the uncorrelated axes of colour, each varying alike, as RGB that varies as photographs do."""
    return torch.einsum("ca,nahw->nchw", _mixing(uncorrelated.device), uncorrelated)


def unmix_colours(slope: Tensor) -> Tensor:
    """The adjoint of `mix_colours`: a slope by RGB as a slope along the uncorrelated axes."""
    return torch.einsum("ca,nchw->nahw", _mixing(slope.device), slope)


@functools.cache
def _mixing(device: torch.device) -> Tensor:
    axes = torch.tensor(_AXES, dtype=torch.float64) * torch.tensor(_STRENGTHS, dtype=torch.float64)[:, None]
    return axes.T.float().contiguous().to(device)
