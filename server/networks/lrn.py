"""Local response normalisation (Krizhevsky, Sutskever and Hinton 2012), as Inception's first generation has it."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from . import native


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
        if native.normalisation.serve(x):
            constants = (self.size // 2, self.scale, self.beta == 0.75, self.k)
            return _Compiled.apply(x, constants)  # type: ignore[return-value]
        return _Normalise.apply(x, self.size // 2, self.scale, self.beta, self.k)  # type: ignore[return-value]

    def extra_repr(self) -> str:
        """What it is set to."""
        return f"size={self.size}, scale={self.scale:g}, beta={self.beta}, k={self.k}"


class _Compiled(torch.autograd.Function):
    """By `native`: one pass over memory each way, and nothing kept but the input."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, constants: tuple[float, ...]) -> Tensor:
        result = torch.empty_like(x)
        native.normalisation.run("normalise", x, result, *constants)
        ctx.save_for_backward(x)
        ctx.constants = constants
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        (x,) = ctx.saved_tensors
        slope = slope.contiguous(memory_format=torch.channels_last)
        result = torch.empty_like(x)
        native.normalisation.run("normalise_back", slope, x, result, *ctx.constants)
        return result, None


class _Normalise(torch.autograd.Function):
    """With its derivative written out: half the passes over memory that automatic differentiation makes of it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, reach: int, scale: float, beta: float, k: float) -> Tensor:
        # Scaled before it is squared, else float16 overflows.
        squares = (x * math.sqrt(scale)).square_()
        root = _over_neighbours(squares, reach, k).rsqrt_()
        power = root if beta == 0.5 else root * root.sqrt()
        ctx.save_for_backward(x, root, power)
        ctx.constants = reach, scale, beta
        return x * power

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        x, root, power = ctx.saved_tensors
        reach, scale, beta = ctx.constants
        direct = slopes[0] * power
        through = _over_neighbours((direct * x).mul_(root).mul_(root), reach, 0.0)
        return torch.addcmul(direct, x, through, value=-2 * beta * scale), None, None, None, None


def _over_neighbours(x: Tensor, reach: int, plus: float) -> Tensor:
    """``plus`` and the sum over ``reach`` channels on either side of each."""
    channels = x.shape[1]
    # A 1×1 convolution with a band of ones, which every device does fast.
    band = x.new_ones(channels, channels).triu(-reach).tril(reach)[:, :, None, None]
    return F.conv2d(x, band, x.new_full((channels,), plus))
