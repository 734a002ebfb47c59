"""ReLU's way back into bfloat16 on a CPU, for slopes that lie in parts and in different numbers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from . import native


def serves(slopes: Sequence[Tensor], result: Tensor) -> bool:
    """Whether `relu_back` can be had for such tensors."""
    return result.dtype == torch.float32 and native.rounding.serve(*slopes, result, at_once=False, partly=True)


def relu_back(slopes: Sequence[Tensor], result: Tensor) -> Tensor:
    """The gradient by what a ReLU was given, bfloat16, channels last.

    slopes: that by its ``result``, which is float32, themselves float32 or bfloat16, cut along the channels.
    """
    rounded = torch.empty(result.shape, dtype=torch.bfloat16, memory_format=torch.channels_last)
    channel = 0
    for slope in slopes:
        part = slice(channel, channel := channel + slope.shape[1])
        kernel = "relu_back_halves" if slope.dtype == torch.bfloat16 else "relu_back_floats"
        places = [
            argument for tensor in (slope, result[:, part], rounded[:, part]) for argument in native.whole(tensor)
        ]
        native.rounding.run(kernel, *places, slope.shape[1])
    return rounded
