"""Sampling a texture anywhere between its pixels, by splines.

A dream that is carried from frame to frame is sampled again and again, and what little of it each sampling blurs is
lost for good: at a wavelength of 4 pixels linear interpolation loses a fifth at once, Catmull and Rom's cubic 6 %, the
quintic spline 0.14 %. That is Unser, "Splines: a perfect fit for signal and image processing", 1999: interpolating
B-splines, whose coefficients come from a filter over the texture.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

# The coefficients at a distance of this many pixels weigh less than 10⁻⁶: the filter's larger pole is −0.43.
_REACH = 17
# A quintic spline reaches this many coefficients beyond the pixel at hand.
_MARGIN = 3
# Nearer to a pixel's centre than this, it is that pixel.
_AT = 1e-3


class Texture:
    """CxHxW float, its border repeated beyond its edges; sampled by quintic splines."""

    def __init__(self, picture: Tensor) -> None:
        self._picture = picture.float()
        # One row a coefficient, so that a place's channels lie together.
        self._coefficients = _filtered(self._picture).flatten(1).T.contiguous()

    def at(self, x: Tensor, y: Tensor) -> Tensor:
        """Its values at N places, CxN: x to the right, y down, in pixels, (0, 0) the first one's centre.

        At the pixels themselves, bit for bit theirs.
        """
        height, width = self._picture.shape[-2:]
        x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
        left, top = x.floor(), y.floor()
        across, down = _weights(x - left), _weights(y - top)
        # The margin's corner is coefficient (0, 0), and the first of six lies two before the pixel on the left.
        stride = width + 2 * _MARGIN
        first = (top.long() + _MARGIN - 2) * stride + left.long() + _MARGIN - 2
        values = x.new_zeros(x.numel(), self._coefficients.shape[-1])
        for row in range(6):
            line = torch.zeros_like(values)
            for column in range(6):
                line.addcmul_(self._coefficients.index_select(0, first + (row * stride + column)), across[column])
            values.addcmul_(line, down[row])
        nearest_x, nearest_y = x.round(), y.round()
        exact = ((x - nearest_x).abs() < _AT) & ((y - nearest_y).abs() < _AT)
        pixels = self._picture.flatten(1)[:, nearest_y.long() * width + nearest_x.long()]
        return torch.where(exact, pixels, values.T)


def _filtered(picture: Tensor) -> Tensor:
    """The coefficients of the spline through the picture's pixels, and `_MARGIN` more on every side."""
    kernel = torch.from_numpy(_kernel()).to(picture)
    padded = F.pad(picture[:, None], [_MARGIN + _REACH] * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))[:, 0]


@cache
def _kernel() -> np.ndarray:
    """The inverse of sampling a quintic B-spline at whole pixels, (1, 26, 66, 26, 1) / 120, as far as it reaches."""
    ring = np.zeros(256)
    ring[[0, 1, -1, 2, -2]] = np.array([66, 26, 26, 1, 1]) / 120
    inverse = np.fft.ifft(1 / np.fft.fft(ring)).real
    return np.roll(inverse, _REACH)[: 2 * _REACH + 1]


def _weights(t: Tensor) -> list[Tensor]:
    """The quintic B-spline at −2 − t … 3 − t, for t in 0..1: the weights of the six coefficients around."""
    return [_spline((offset - t).abs())[:, None] for offset in range(-2, 4)]


def _spline(x: Tensor) -> Tensor:
    """The quintic B-spline at distances x ≥ 0: Σ (−1)ᵏ·C(6, k)·(3 − k − x)₊⁵ / 120."""
    powers = [(reach - x).clamp_min(0).pow(5) for reach in (3, 2, 1)]
    return (powers[0] - 6 * powers[1] + 15 * powers[2]) / 120
