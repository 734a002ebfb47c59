"""Kernels in a row, forward and back as one operation to automatic differentiation.

Between automatic steps every slope is of its tensor's own type, and one that several branches put together is added up
and copied in passes of its own. Here slopes stay as the convolutions put them out, in bfloat16 where they are coarse,
and go by channels to whom they concern without a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.autograd.function import once_differentiable

from .kernel import Kernel

_Slopes = list[tuple[int, Tensor]]  # from which channel on, and by them


class _Step(NamedTuple):
    """What becomes of values. kernel: None where they are put side by side, or some channels of one are taken.

    last: the inputs that no later step reads.
    """

    output: int
    inputs: tuple[int, ...]
    kernel: Kernel | None = None
    channels: slice | None = None
    last: tuple[int, ...] = ()


class _Kept(NamedTuple):
    """by_steps: what kernels keep. channels: how many each value has."""

    by_steps: list[Any]
    channels: dict[int, int]


class Tape(nn.Module):
    """What ``graph``, made of kernels, of joining channels and of taking some, does. See `fits`."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__()
        self.kernels = nn.ModuleList()
        numbers = {node: number for number, node in enumerate(graph.graph.nodes)}
        (end,) = graph.graph.find_nodes(op="output")
        outputs = end.args[0] if isinstance(end.args[0], (tuple, list)) else end.args
        self._inputs = [numbers[node] for node in graph.graph.find_nodes(op="placeholder")]
        self._outputs = [numbers[node] for node in outputs]
        self._single = not isinstance(end.args[0], (tuple, list))
        self._steps: list[_Step] = []
        for node in graph.graph.nodes:
            if node.op.startswith("call"):
                self._steps.append(self._step(node, graph, numbers))

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """What the graph puts out."""
        results: tuple[Tensor, ...] = _Run.apply(self, *inputs)  # type: ignore[assignment]
        return results[0] if self._single else results

    def run(self, inputs: Sequence[Tensor]) -> tuple[list[Tensor], _Kept]:
        """What the graph puts out, and what `back` needs to know."""
        values = dict(zip(self._inputs, inputs, strict=True))
        kept = _Kept([], {number: value.shape[1] for number, value in values.items()})
        for step in self._steps:
            given = [values[number] for number in step.inputs]
            if step.kernel:
                values[step.output], keeps = step.kernel.run(given[0])
            elif step.channels:
                values[step.output], keeps = given[0][:, step.channels], None
            else:
                values[step.output], keeps = torch.cat(given, 1), None
            kept.by_steps.append(keeps)
            kept.channels[step.output] = values[step.output].shape[1]
            for number in step.last:
                values.pop(number, None)
        return [values[number] for number in self._outputs], kept

    def back(self, slopes: Sequence[Tensor], kept: _Kept) -> list[Tensor | None]:
        """The gradients by the inputs, given those by what was put out. Forgets what was kept on the way."""
        known: dict[int, _Slopes] = {}
        channels = kept.channels
        for number, slope in zip(self._outputs, slopes, strict=True):
            known.setdefault(number, []).append((0, slope))
        for step in reversed(self._steps):
            keeps, found = kept.by_steps.pop(), known.pop(step.output, [])
            if not found:
                continue
            if step.kernel:
                slope = step.kernel.back(_side_by_side(found, channels[step.output]), keeps)
                known.setdefault(step.inputs[0], []).append((0, slope))
            elif step.channels:
                start = step.channels.start
                known.setdefault(step.inputs[0], []).extend((start + at, slope) for at, slope in found)
            else:
                slope = _whole(found, channels[step.output])
                for number, part in zip(step.inputs, slope.split([channels[n] for n in step.inputs], 1), strict=True):
                    known.setdefault(number, []).append((0, part))
        return [_whole(known[number], channels[number]) if number in known else None for number in self._inputs]

    def _step(self, node: fx.Node, graph: fx.GraphModule, numbers: dict[fx.Node, int]) -> _Step:
        last = tuple(numbers[read] for read in node.all_input_nodes if max(read.users, key=numbers.__getitem__) is node)
        inputs = tuple(numbers[read] for read in node.all_input_nodes)
        if node.op == "call_module":
            kernel = graph.get_submodule(str(node.target))
            assert isinstance(kernel, Kernel)
            self.kernels.append(kernel)
            return _Step(numbers[node], inputs, kernel, None, last)
        if node.target is torch.narrow:
            start, length = node.args[2:]
            return _Step(numbers[node], inputs, None, slice(start, start + length), last)  # type: ignore[operator]
        parts: Any = node.args[0]
        return _Step(numbers[node], tuple(numbers[part] for part in parts), None, None, last)


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tape: Tape, *inputs: Tensor) -> tuple[Tensor, ...]:
        results, ctx.kept = tape.run(inputs)
        ctx.tape = tape
        # Other tensors than may be kept: those that kept themselves would never be freed.
        return tuple(result.detach() for result in results)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        return None, *ctx.tape.back(slopes, ctx.kept)


def fits(node: fx.Node, module: fx.GraphModule) -> bool:
    """Whether a `Tape` takes such a node."""
    if node.op == "call_module":
        return isinstance(module.get_submodule(str(node.target)), Kernel)
    if node.op != "call_function":
        return False
    if node.target is torch.narrow:
        return len(node.args) == 4 and bool(node.args[1] == 1)
    return node.target is torch.cat and bool(node.args[1:] == (1,) or node.kwargs.get("dim") == 1)


def _side_by_side(found: _Slopes, channels: int) -> list[Tensor]:
    """Slopes by all channels of a tensor, cut along them; what several readers say is added up."""
    found = sorted(found, key=lambda one: one[0])
    ends = [start + slope.shape[1] for start, slope in found]
    if [0, *ends] == [*(start for start, _ in found), channels]:
        return [slope for _, slope in found]
    return [_whole(found, channels)]


def _whole(found: _Slopes, channels: int) -> Tensor:
    """The same in one piece; sums are float32."""
    slopes = [slope for _, slope in found]
    if all(slope.shape[1] == channels for slope in slopes):
        return reduce(lambda total, slope: total.float() + slope, slopes)
    batch, _, *size = slopes[0].shape
    total = torch.zeros(batch, channels, *size).contiguous(memory_format=torch.channels_last)
    for start, slope in found:
        total[:, start : start + slope.shape[1]] += slope
    return total
