"""Max pooling on a CPU with less memory to move than torch's: see `compiled.pooling`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from . import native
from .kernel import Kept, Kernel, joined

_MOST_PLACES = 256  # in a window, for a byte to name one


class MaxPool(Kernel):
    """What ``pool``, an `nn.MaxPool2d`, computes, bit for bit. (N, C, H, W); fast where `native` serves."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.pool = pool
        self._kernel, self._stride, self._padding = (
            _pair(side) for side in (pool.kernel_size, pool.stride, pool.padding)
        )
        self._frame = self._kernel, self._stride, self._padding

    def run(self, x: Tensor) -> tuple[Tensor, Kept]:
        """Pool; which of each window was its maximum is kept, and the input or its shape."""
        size = self._size(x)
        if min(size) < 1 or not native.pooling.serve(x, at_once=False):
            frame = (*self._frame, (1, 1), self.pool.ceil_mode)
            result, places = torch.ops.aten.max_pool2d_with_indices(x, *frame)
            return result, (places, x)
        shape = (*x.shape[:2], *size)
        result = torch.empty(shape, memory_format=torch.channels_last)
        winners = torch.empty(shape, dtype=torch.uint8, memory_format=torch.channels_last)
        native.pooling.run("max_pool", x, result, winners, *self._frame)
        return result, (winners, x.shape)

    def back(self, slopes: Sequence[Tensor], kept: Kept, dtype: torch.dtype = torch.float32) -> Tensor:
        """See `Kernel.back`. dtype: the numbers that are wanted, if they cost nothing more."""
        winners, seen = kept
        if isinstance(seen, Tensor):
            frame = (*self._frame, (1, 1), self.pool.ceil_mode)
            slope = joined(slopes, seen.dtype)
            return torch.ops.aten.max_pool2d_with_indices_backward(slope, seen, *frame, winners)
        halves = dtype == torch.bfloat16
        result = torch.empty(seen, dtype=dtype if halves else torch.float32, memory_format=torch.channels_last)
        kernel = "max_pool_back_halves" if halves else "max_pool_back"
        native.pooling.run(kernel, joined(slopes, torch.float32), winners, result, *self._frame)
        return result

    def _size(self, x: Tensor) -> list[int]:
        """Torch's rule: rounded up, no window may begin beyond the input and its first padding."""
        sizes = []
        for length, kernel, stride, padding in zip(x.shape[-2:], *self._frame, strict=True):
            up = stride - 1 if self.pool.ceil_mode else 0
            size = (length + 2 * padding - kernel + up) // stride + 1
            sizes.append(size - 1 if up and (size - 1) * stride >= length + padding else size)
        return sizes


class MeanPool(Kernel):
    """What ``pool``, an `nn.AvgPool2d`, computes. (N, C, H, W)."""

    def __init__(self, pool: nn.AvgPool2d) -> None:
        super().__init__()
        frame = [_pair(side) for side in (pool.kernel_size, pool.stride, pool.padding)]
        self._frame = (*frame, pool.ceil_mode, pool.count_include_pad, pool.divisor_override)

    def run(self, x: Tensor) -> tuple[Tensor, Kept]:
        """Pool."""
        return torch.ops.aten.avg_pool2d(x, *self._frame), (x.shape, x.dtype)

    def back(self, slopes: Sequence[Tensor], kept: Kept) -> Tensor:
        """See `Kernel.back`."""
        shape, dtype = kept
        like = torch.empty(shape, dtype=dtype, memory_format=torch.channels_last)
        return torch.ops.aten.avg_pool2d_backward(joined(slopes, dtype), like, *self._frame)


def standing_in(pool: nn.Module) -> Kernel | None:
    """The kernel that computes what a module does, if it is a pooling that there is one for."""
    if type(pool) is nn.AvgPool2d:
        return MeanPool(pool)
    return MaxPool(pool) if isinstance(pool, nn.MaxPool2d) and fits(pool) else None


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
