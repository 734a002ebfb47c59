"""Local response normalisation (Krizhevsky, Sutskever and Hinton 2012), as Inception's first generation has it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from . import native
from .kernel import Kept, Kernel, joined


class LocalResponseNorm(Kernel):
    """x / (k + scale * sum of x² over ``size`` neighbouring channels) ** beta.

    scale: Caffe's and torch's alpha is size times as large; TensorFlow's alpha is this.
    beta: 0.5 or 0.75, which reciprocal roots give; a power costs several times as much.
    """

    def __init__(self, size: int, scale: float, beta: float, k: float) -> None:
        super().__init__()
        if size % 2 == 0 or beta not in (0.5, 0.75):
            raise ValueError(f"size must be odd and beta 0.5 or 0.75, not {size} and {beta}")
        self.size, self.scale, self.beta, self.k = size, scale, beta, k
        self._constants = size // 2, scale, beta == 0.75, k

    def run(self, x: Tensor) -> tuple[Tensor, Kept]:
        """Normalise; compiled, nothing is kept but the input, else the root and the power it is multiplied by."""
        if native.normalisation.serve(x):
            result = torch.empty_like(x)
            native.normalisation.run("normalise", x, result, *self._constants)
            return result, (x,)
        # Scaled before it is squared, else float16 overflows.
        squares = (x * math.sqrt(self.scale)).square_()
        root = _over_neighbours(squares, self.size // 2, self.k).rsqrt_()
        power = root if self.beta == 0.5 else root * root.sqrt()
        return x * power, (x, root, power)

    def back(self, slopes: Sequence[Tensor], kept: Kept) -> Tensor:
        """See `Kernel.back`: half the passes over memory that automatic differentiation makes of it."""
        x, *more = kept
        slope = joined(slopes, x.dtype)
        if not more:
            result = torch.empty_like(x)
            native.normalisation.run("normalise_back", slope, x, result, *self._constants)
            return result
        root, power = more
        direct = slope * power
        through = _over_neighbours((direct * x).mul_(root).mul_(root), self.size // 2, 0.0)
        return torch.addcmul(direct, x, through, value=-2 * self.beta * self.scale)

    def extra_repr(self) -> str:
        """What it is set to."""
        return f"size={self.size}, scale={self.scale:g}, beta={self.beta}, k={self.k}"


def _over_neighbours(x: Tensor, reach: int, plus: float) -> Tensor:
    """``plus`` and the sum over ``reach`` channels on either side of each."""
    channels = x.shape[1]
    # A 1×1 convolution with a band of ones, which every device does fast.
    band = x.new_ones(channels, channels).triu(-reach).tril(reach)[:, :, None, None]
    return F.conv2d(x, band, x.new_full((channels,), plus))
