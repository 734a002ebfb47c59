"""The receptive field of every layer, found by watching the operations of one forward pass on shapes alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from torch.utils.weak import WeakIdKeyDictionary

_aten = torch.ops.aten


@dataclass(frozen=True, slots=True)
class Field:
    """Activation i of a layer depends on the pixels i * stride + low to i * stride + high.

    whole: and on all others too, through an average over places or through attention.
    """

    stride: int = 1
    low: int = 0
    high: int = 0
    whole: bool = False

    @property
    def halo(self) -> int:
        """Pixels needed on each side of the ``stride`` pixels an activation stands for."""
        return max(-self.low, self.high - (self.stride - 1), 0)

    def slid(self, kernel: int, stride: int, padding: int, dilation: int) -> Field:
        """The field after a convolution or pooling."""
        reach = dilation * (kernel - 1) - padding
        low, high = self.low - self.stride * padding, self.high + self.stride * reach
        return Field(self.stride * stride, low, high, self.whole)


def receptive_fields(stages: Iterable[nn.Module], side: int = 512) -> list[Field]:
    """The field of each of ``stages``, run one after the other on a picture of ``side`` pixels."""
    return [field for _, field in _run(stages, side)]


def smallest_side(stages: Iterable[nn.Module], limit: int = 512) -> int:
    """The side of the smallest square picture that all ``stages`` can take."""
    low, high = 0, limit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(stages, middle) else (middle, high)
    return high


def _fits(stages: Iterable[nn.Module], side: int) -> bool:
    try:
        return all(output.numel() for output, _ in _run(stages, side))
    except RuntimeError:  # torch's word for a kernel larger than its input
        return False


@torch.no_grad()
def _run(stages: Iterable[nn.Module], side: int) -> list[tuple[Tensor, Field]]:
    """What each stage puts out, without numbers in it, and its field."""
    x = torch.empty(1, 3, side, side, device="meta")
    outputs = []
    with _Watch() as watch:
        for stage in stages:
            x = functional_call(stage, {name: _bare(tensor) for name, tensor in stage.state_dict().items()}, x)
            x = x[0] if isinstance(x, list) else x
            outputs.append((x, watch.field(x)))
    return outputs


def _bare(tensor: Tensor) -> Tensor:
    """A tensor without its numbers, in float32 where it holds any but whole ones."""
    return tensor.to("meta", torch.float32 if tensor.is_floating_point() else tensor.dtype)


class _Watch(TorchDispatchMode):
    """Follows each tensor's field through the operations, whatever modules they come from."""

    def __init__(self) -> None:
        super().__init__()
        self._fields: WeakIdKeyDictionary = WeakIdKeyDictionary()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Torch's own switch. Left on, it would import torch's compiler, which takes seconds, to keep out of this.
        return False

    def field(self, tensor: Tensor) -> Field:
        return self._fields[tensor]

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        inputs = [self._fields[t] for t in tree_iter(args) if isinstance(t, Tensor) and t in self._fields]
        field = _union(inputs or [Field()])
        if (window := _window(func, args)) is not None:
            field = field.slid(*window)
        if _looks_everywhere(func, args, inputs):
            field = replace(field, whole=True)
        outputs = func(*args, **(kwargs or {}))
        for tensor in tree_iter(outputs):
            if isinstance(tensor, Tensor):
                self._fields[tensor] = field
        return outputs


def _union(fields: list[Field]) -> Field:
    """What a tensor depends on that is made of several: all of it."""
    low, high = min(f.low for f in fields), max(f.high for f in fields)
    return Field(max(f.stride for f in fields), low, high, any(f.whole for f in fields))


def _looks_everywhere(func: Callable[..., Any], args: tuple, inputs: list[Field]) -> bool:
    """Whether an operation lets every place see every other."""
    if func is _aten.mean.dim:
        picture, dims, *_ = args
        return picture.dim() == 4 and any(dim % 4 == 3 for dim in dims)
    # Two activations multiplied as matrices are attention. What it sees depends on where its windows lie.
    return func is _aten._adaptive_avg_pool2d.default or (func is _aten.bmm.default and len(inputs) == 2)


def _window(func: Callable[..., Any], args: tuple) -> tuple[int, int, int, int] | None:
    """Kernel, stride, padding and dilation along a row, of an operation that slides; None of any other."""
    if func is _aten.convolution.default:
        _, weight, _, stride, padding, dilation, *_ = args
        return weight.shape[-1], stride[-1], padding[-1], dilation[-1]
    if func in (_aten.max_pool2d_with_indices.default, _aten.avg_pool2d.default):
        _, kernel, *rest = args
        stride, padding = (*rest, [], [])[:2]  # left out, a pooling's stride is its kernel and its padding 0
        return kernel[-1], (stride or kernel)[-1], (padding or [0])[-1], 1
    if func is _aten.constant_pad_nd.default:
        return 1, 1, args[1][0], 1
    if func is _aten.bmm.default and args[0].shape[-2] == args[0].shape[-1]:
        # Attention within a window: each of its places is given something of each other.
        reach = math.isqrt(args[0].shape[-1]) - 1
        return 2 * reach + 1, 1, reach, 1
    if func is _aten.slice.Tensor and len(args) == 5 and args[4] > 1 and args[1] in (2, -2):  # of N×H×W×C
        return 1, args[4], -args[2], 1
    return None
