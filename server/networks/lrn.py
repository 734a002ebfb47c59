"""Local response normalisation (Krizhevsky, Sutskever and Hinton 2012), as Inception's first generation has it."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F


class LocalResponseNorm(nn.Module):
    """x / (k + scale * sum of x² over ``size`` neighbouring channels) ** beta.

    scale: Caffe's and torch's alpha is size times as large; TensorFlow's alpha is this.
    beta: 0.5 or 0.75, which reciprocal roots give; a power costs several times as much.
    """

    is_leaf = True  # one operation to whoever traces a network

    def __init__(self, size: int, scale: float, beta: float, k: float) -> None:
        super().__init__()
        if size % 2 == 0 or beta not in (0.5, 0.75):
            raise ValueError(f"size must be odd and beta 0.5 or 0.75, not {size} and {beta}")
        self.size, self.scale, self.beta, self.k = size, scale, beta, k

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        channels, reach = x.shape[1], self.size // 2
        # The sum over neighbouring channels is a 1×1 convolution with a band of ones, which every device does fast.
        band = x.new_ones(channels, channels).triu(-reach).tril(reach)[:, :, None, None]
        # Scaled before it is squared, else float16 overflows.
        squares = (x * math.sqrt(self.scale)).square()
        root = F.conv2d(squares, band, x.new_full((channels,), self.k)).rsqrt()
        return x * (root if self.beta == 0.5 else root * root.sqrt())

    def extra_repr(self) -> str:
        """What it is set to."""
        return f"size={self.size}, scale={self.scale:g}, beta={self.beta}, k={self.k}"
