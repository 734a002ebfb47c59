"""Convolutions on a CPU as a dream needs them: with their activation, and back to the input alone.

Going back, a convolution of stride 1 is a convolution too, with its filters turned half round and its channels
exchanged (Dumoulin and Visin 2016, "A guide to convolution arithmetic"). One of stride s from few channels, as a
network's first, is that for each of the s² phases of the picture's pixels, whose results are then shuffled into
place (Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?"). All of it runs on oneDNN,
filters of 3×3 by way of `winograd`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import relu
from .convolution import Convolution
from .kernel import Kept, Kernel, joined
from .pooling import MaxPool

Activation = Literal["none", "relu", "silu"]

# Vectors are 16 numbers wide: a picture's 3 channels fill them badly, 3 times s² phases better.
_FEW_CHANNELS = 4


class FusedConv(Kernel):
    """A frozen convolution and the activation after it. (N, C, H, W) on a CPU, best laid out channels last.

    conv: its weights are shared, not copied. backward: the numbers in which gradients are computed; activations,
    which ReLU goes which way, and what is put out are always in the convolution's own.
    """

    def __init__(self, conv: nn.Conv2d, activation: Activation, backward: torch.dtype | None = None) -> None:
        super().__init__()
        self.conv = conv
        self.activation = activation
        self.backward_dtype = backward or conv.weight.dtype
        self._phases = 0  # of one axis; 0: going back is left to torch
        # A border that is repeated is put around the input beforehand; only one of zeros costs nothing.
        self._border: tuple[int, ...] = ()
        self._zeros: tuple[int, ...] = conv.padding  # type: ignore[assignment]
        if conv.padding_mode == "replicate" and any(self._zeros):
            (rows, columns), self._zeros = self._zeros, (0, 0)
            self._border = (columns, columns, rows, rows)
        kernel, stride = conv.kernel_size, conv.stride
        self._forth = Convolution(conv.weight, conv.bias, self._zeros, stride, conv.dilation)
        reach = tuple(side - 1 - pad for side, pad in zip(kernel, self._zeros, strict=True))
        if stride == (1, 1) and conv.dilation == (1, 1) and min(reach) >= 0:
            self._phases, padding = 1, reach
            turned = conv.weight.transpose(0, 1).flip(2, 3)
        elif stride[0] == stride[1] > 1 and conv.dilation == (1, 1) and conv.in_channels <= _FEW_CHANNELS:
            self._phases = stride[0]
            turned = _phases(conv.weight, self._phases)
            padding = tuple(side - 1 for side in turned.shape[2:])
        else:
            return
        # No buffer: a network's state is what was trained. A plan is made anew when its network moves or changes type.
        turned = turned.to(self.backward_dtype).contiguous(memory_format=torch.channels_last)
        self._back = Convolution(turned, None, padding)

    def run(self, x: Tensor) -> tuple[Tensor, Kept]:
        """Convolve and activate."""
        shape = x.shape
        if self._border:
            x = F.pad(x, self._border, mode="replicate")
        relu = self.activation == "relu"
        result = self._forth(x, relu)
        if self.activation == "silu":
            return F.silu(result), (shape, result)
        return result, (shape, result if relu else None)

    def back(self, slopes: Sequence[Tensor], kept: Kept) -> Tensor:
        """See `Kernel.back`."""
        shape, known = kept
        return self.back_to_input(self._through(slopes, known), shape)

    def back_to_input(self, slope: Tensor, shape: torch.Size) -> Tensor:
        """The gradient by an input of ``shape``, given that by what the convolution alone puts out."""
        if not self._border:
            return self._back_to(slope, shape)
        left, right, above, below = self._border
        bordered = torch.Size((*shape[:2], shape[2] + above + below, shape[3] + left + right))
        slope = self._back_to(slope, bordered)
        like = torch.empty(shape, dtype=slope.dtype, memory_format=torch.channels_last)
        return torch.ops.aten.replication_pad2d_backward(slope, like, self._border)

    def _through(self, slopes: Sequence[Tensor], known: Tensor | None) -> Tensor:
        """The gradient by what the convolution alone puts out, given that by what the activation did.

        known: for ReLU, its result; for SiLU, what it was given.
        """
        if known is None:
            return joined(slopes, self.backward_dtype)
        if self.activation == "silu":
            return torch.ops.aten.silu_backward(joined(slopes, known.dtype), known)
        return relu.back(slopes, known, self.backward_dtype if self._phases else known.dtype)

    def _back_to(self, slope: Tensor, shape: torch.Size) -> Tensor:
        """The gradient by a bordered input of ``shape``, given that by what the convolution alone puts out."""
        if not self._phases:
            conv = self.conv
            slope = slope.to(conv.weight.dtype)
            like = torch.empty(shape, dtype=slope.dtype).to(memory_format=torch.channels_last)
            frame = (conv.stride, self._zeros, conv.dilation, False, [0, 0], conv.groups)
            return torch.ops.aten.convolution_backward(slope, like, conv.weight, None, *frame, [True, False, False])[0]
        slope = self._back(slope.to(self.backward_dtype))
        return slope if self._phases == 1 else self._interleave(slope, shape)

    def _interleave(self, phases: Tensor, shape: torch.Size) -> Tensor:
        """Phases -> pixels, without the padding that the convolution saw, and zero where it saw nothing."""
        top, left = self._zeros
        pixels = F.pixel_shuffle(phases, self._phases)[..., top : top + shape[2], left : left + shape[3]]
        below, right = shape[2] - pixels.shape[2], shape[3] - pixels.shape[3]
        return F.pad(pixels, (0, right, 0, below)) if below or right else pixels


class Silu(Kernel):
    """x · sigmoid(x)."""

    def run(self, x: Tensor) -> tuple[Tensor, Kept]:
        """Activate."""
        return F.silu(x), (x,)

    def back(self, slopes: Sequence[Tensor], kept: Kept) -> Tensor:
        """See `Kernel.back`."""
        (x,) = kept
        return torch.ops.aten.silu_backward(joined(slopes, x.dtype), x)


class PooledConv(Kernel):
    """A convolution with ReLU, and the pooling that alone reads it: what is above zero after it was so before.

    So there is no need to keep what the convolution puts out, nor to go through all of it on the way back.
    """

    def __init__(self, conv: FusedConv, pool: MaxPool) -> None:
        super().__init__()
        self.conv, self.pool = conv, pool

    def run(self, x: Tensor) -> tuple[Tensor, Kept]:
        """Convolve, activate, pool."""
        result, kept = self.pool.run(self.conv.run(x)[0])
        return result, (x.shape, result, *kept)

    def back(self, slopes: Sequence[Tensor], kept: Kept) -> Tensor:
        """See `Kernel.back`."""
        shape, result, *pooled = kept
        slope = relu.back(slopes, result, result.dtype)
        return self.conv.back_to_input(self.pool.back([slope], tuple(pooled), self.conv.backward_dtype), shape)


def side_by_side(convs: Sequence[nn.Conv2d]) -> nn.Conv2d:
    """One convolution that puts out the channels of all of ``convs``, which are 1×1, and read the same."""
    joined = nn.Conv2d(convs[0].in_channels, sum(conv.out_channels for conv in convs), 1, device="meta")
    joined.weight = nn.Parameter(torch.cat([conv.weight for conv in convs]), requires_grad=False)
    biases = [conv.weight.new_zeros(conv.out_channels) if conv.bias is None else conv.bias for conv in convs]
    joined.bias = nn.Parameter(torch.cat(biases), requires_grad=False)
    return joined


def fits(conv: nn.Module) -> bool:
    """Whether a `FusedConv` can stand in for a module. Grouped convolutions gain nothing by it."""
    return (
        type(conv) is nn.Conv2d
        and conv.groups == 1
        and conv.padding_mode in ("zeros", "replicate")
        and isinstance(conv.padding, tuple)
    )


def _phases(weight: Tensor, stride: int) -> Tensor:
    """Filters (out, in, kh, kw) of that stride s -> those of the way back, (in * s², out, ⌈kh/s⌉, ⌈kw/s⌉)."""
    out, into, *kernel = weight.shape
    rows, columns = (-(-side // stride) for side in kernel)
    padded = F.pad(weight, (0, columns * stride - kernel[1], 0, rows * stride - kernel[0]))
    split = padded.view(out, into, rows, stride, columns, stride).permute(1, 3, 5, 0, 2, 4)
    return split.flip(4, 5).reshape(into * stride * stride, out, rows, columns)
