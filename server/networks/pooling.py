"""Max pooling on a CPU with less memory to move than torch's: see `compiled.pooling`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from . import native

_MOST_PLACES = 256  # in a window, for a byte to name one


class MaxPool(nn.Module):
    """What ``pool``, an `nn.MaxPool2d`, computes, bit for bit. (N, C, H, W); fast where `native` serves."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.pool = pool
        self._kernel, self._stride, self._padding = (
            _pair(side) for side in (pool.kernel_size, pool.stride, pool.padding)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Pool."""
        size = self._size(x)
        if min(size) < 1 or not native.pooling.serve(x, at_once=False):
            return self.pool(x)
        return _MaxPool.apply(x, size, (self._kernel, self._stride, self._padding))  # type: ignore[return-value]

    def _size(self, x: Tensor) -> list[int]:
        """Torch's rule: rounded up, no window may begin beyond the input and its first padding."""
        sizes = []
        frame = zip(x.shape[-2:], self._kernel, self._stride, self._padding, strict=True)
        for length, kernel, stride, padding in frame:
            up = stride - 1 if self.pool.ceil_mode else 0
            size = (length + 2 * padding - kernel + up) // stride + 1
            sizes.append(size - 1 if up and (size - 1) * stride >= length + padding else size)
        return sizes


class _MaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, size: list[int], frame: tuple[tuple[int, int], ...]) -> Tensor:
        shape = (*x.shape[:2], *size)
        out = torch.empty(shape, memory_format=torch.channels_last)
        winners = torch.empty(shape, dtype=torch.uint8, memory_format=torch.channels_last)
        native.pooling.run("max_pool", x, out, winners, *frame)
        ctx.save_for_backward(winners)
        ctx.shape, ctx.frame = x.shape, frame
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        (winners,) = ctx.saved_tensors
        slope = slope.float().contiguous(memory_format=torch.channels_last)
        result = torch.empty(ctx.shape, memory_format=torch.channels_last)
        native.pooling.run("max_pool_back", slope, winners, result, *ctx.frame)
        return result, None, None


def fits(pool: nn.Module) -> bool:
    """Whether a `MaxPool` can stand in for a module."""
    if type(pool) is not nn.MaxPool2d or pool.return_indices or _pair(pool.dilation) != (1, 1):
        return False
    kernel, padding = _pair(pool.kernel_size), _pair(pool.padding)
    return kernel[0] * kernel[1] <= _MOST_PLACES and all(
        2 * pad <= side for pad, side in zip(padding, kernel, strict=True)
    )


def _pair(sides: int | tuple[int, ...]) -> tuple[int, int]:
    return (sides, sides) if isinstance(sides, int) else (sides[0], sides[-1])
