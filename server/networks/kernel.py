"""Operations whose way back is written out, alone or many in a row: see `tape`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

Kept = tuple[Any, ...]


class Kernel(nn.Module):
    """One operation, (N, C, H, W) -> (N, C', H', W'). As a module it takes part in automatic differentiation."""

    is_leaf = True  # one operation to whoever traces a network

    @abstractmethod
    def run(self, x: Tensor) -> tuple[Tensor, Kept]:
        """The result, and what `back` needs to know."""

    @abstractmethod
    def back(self, slopes: Sequence[Tensor], kept: Kept) -> Tensor:
        """The gradient by ``x``, given that by the result, cut along its channels, each part in numbers of its own."""

    def forward(self, x: Tensor) -> Tensor:
        """The result."""
        return _Alone.apply(x, self)  # type: ignore[return-value]


class _Alone(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Kernel) -> Tensor:
        result, kept = kernel.run(x)
        ctx.kernel = kernel
        # Where all see that they are kept: who counts memory looks there.
        ctx.save_for_backward(*(one for one in kept if isinstance(one, Tensor)))
        ctx.kept = [None if isinstance(one, Tensor) else (one,) for one in kept]
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        saved = iter(ctx.saved_tensors)
        return ctx.kernel.back([slope], tuple(one[0] if one else next(saved) for one in ctx.kept)), None


def joined(slopes: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
    """Slopes cut along the channels, put together, channels last."""
    slopes = [slope.to(dtype) for slope in slopes]
    return (slopes[0] if len(slopes) == 1 else torch.cat(slopes, 1)).contiguous(memory_format=torch.channels_last)
