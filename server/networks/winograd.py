"""Convolutions of 3×3 by Winograd's algorithm, for CPUs: a quarter of the multiplications.

Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", F(4×4, 3×3): a tile of 6×6 numbers, its rows
and columns mixed, times the filter treated likewise, number by number; its rows and columns mixed again are 4×4
results. Summed over channels those products are 36 matrix products, which oneDNN computes as one grouped convolution.
In float32 a result is off by 2e-6 of what is usual, four times as much as summed directly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from . import native
from .packed import Packed

_FILTER = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
_INPUT = np.array(
    (
        (4, 0, -5, 0, 1, 0),
        (0, -4, -4, 1, 1, 0),
        (0, 4, -4, -1, 1, 0),
        (0, -2, -1, 2, 1, 0),
        (0, 2, -1, -2, 1, 0),
        (0, 4, 0, -5, 0, 1),
    ),
    np.float32,
)
_OUTPUT = np.array(((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1)), np.float32)

# Of less than that it takes as long, or gains less than the kernels take to load: mixing grows with the channels alone,
# and filters are four times as large.
_FEWEST_CHANNELS = 64
_FEWEST_MULTIPLICATIONS = 400_000_000

# Numbers that lie between the transforms at a time: more than that leave the processor's caches.
_AT_A_TIME = 8 << 20


class Winograd:
    """A convolution of 3×3, stride 1. weight: (K, C, 3, 3); bias: (K,) or None."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        matrix = torch.tensor(_FILTER, dtype=torch.float64)
        mixed = torch.einsum("ir,kcrs,js->ijkc", matrix, weight.double(), matrix)
        filters = mixed.reshape(-1, weight.shape[1], 1, 1).float().contiguous(memory_format=torch.channels_last)
        self._products = Packed(filters, None, (0, 0), (1, 1), (1, 1), groups=36, keep=False)
        self._channels, self._wide = weight.shape[1], weight.shape[0]
        self._bias = np.zeros(self._wide, np.float32) if bias is None else bias.detach().float().numpy()

    def takes(self, x: Tensor) -> bool:
        """Whether this is the faster way for (N, C, H, W), and it can be gone."""
        return 9 * x.numel() * self._wide >= _FEWEST_MULTIPLICATIONS and native.winograd.serve(x, partly=True)

    def __call__(self, x: Tensor, padding: Sequence[int], relu: bool) -> Tensor:
        """(N, C, H, W) that it `takes` -> (N, K, H', W'). padding: zeros above and below, left and right."""
        batch, _, height, width = x.shape
        high, wide = height + 2 * padding[0] - 2, width + 2 * padding[1] - 2
        rows, columns = -(-high // 4), -(-wide // 4)
        result = torch.empty(batch, self._wide, high, wide, memory_format=torch.channels_last)
        lines = batch * rows
        bands = -(-lines * columns * 36 * (self._channels + self._wide) // _AT_A_TIME)
        band = -(-lines // bands)
        # All of one size, for which filters have been put in order; the last may have lines that nobody reads.
        tiles = torch.empty(band, columns, 36, self._channels)
        whole = native.whole(x)
        for first in range(0, lines, band):
            wanted = slice(min(band, lines - first))
            native.winograd.run("transform_input", *whole, tiles[wanted].numpy(), _INPUT, rows, first, *padding)
            sums = self._multiply(tiles)[wanted].numpy()
            native.winograd.run("transform_output", sums, result, _OUTPUT, self._bias, rows, first, relu)
        return result

    def _multiply(self, tiles: Tensor) -> Tensor:
        """(…, 36, C) -> (…, 36, K)."""
        spread = tiles.view(1, -1, 1, 36 * self._channels).permute(0, 3, 1, 2)
        return self._products(spread).permute(0, 2, 3, 1).view(*tiles.shape[:3], self._wide)


def pays(weight: Tensor) -> bool:
    """Whether a convolution of stride 1 by such filters is faster this way, if there is enough to convolve."""
    return (
        weight.dtype == torch.float32
        and weight.device.type == "cpu"
        and weight.shape[2:] == (3, 3)
        and min(weight.shape[:2]) >= _FEWEST_CHANNELS
    )
