"""ReLU's way back on a CPU, for slopes that lie in parts and in different numbers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from . import native

# What is smaller torch has done before a kernel has begun.
_WORTH_COMPILING = 1 << 16


def back(slopes: Sequence[Tensor], result: Tensor, dtype: torch.dtype) -> Tensor:
    """The gradient by what a ReLU was given, channels last.

    slopes: that by its ``result``, cut along the channels. dtype: the numbers that are wanted, of ``result`` or fewer.
    """
    masked = torch.empty(result.shape, dtype=dtype, memory_format=torch.channels_last)
    channel = 0
    for slope in slopes:
        part = slice(channel, channel := channel + slope.shape[1])
        _fill(masked[:, part], slope, result[:, part])
    return masked


def _fill(masked: Tensor, slope: Tensor, result: Tensor) -> None:
    if masked.dtype == result.dtype:
        torch.ops.aten.threshold_backward.grad_input(slope.to(result.dtype), result, 0, grad_input=masked)
    elif _compiled(slope, result):
        rounded = slope.dtype == torch.bfloat16
        bits = slope if rounded else slope.view(torch.uint32)
        places = [place for tensor in (bits, result, masked) for place in native.whole(tensor)]
        native.rounding.run("relu_back_halves" if rounded else "relu_back_floats", *places, slope.shape[1])
    else:
        masked.copy_(torch.ops.aten.threshold_backward(slope.to(result.dtype), result, 0))


def _compiled(slope: Tensor, result: Tensor) -> bool:
    return slope.numel() >= _WORTH_COMPILING and native.rounding.serve(slope, result, at_once=False, partly=True)
