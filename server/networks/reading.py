"""Reading inside a stage: what its submodules put out, and what a layer is before its ReLU.

A stage is traced into its feature graph (torch.fx), which is then cut down to the places asked for.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

OUTPUT = ""
PRE = "/pre"

_RELUS = (nn.ReLU, nn.ReLU6)
_RELU_FUNCTIONS = (F.relu, torch.relu, F.relu6)
_PASSING = (nn.Dropout, nn.Identity)


class NoReLU(Exception):
    """What is put out at ``place`` has not just been through a ReLU."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def reader(stage: nn.Module, places: Sequence[str]) -> nn.Module:
    """A module that takes what ``stage`` takes and returns a list of what is at ``places``, running nothing else.

    places: "" is what the stage puts out, "a.b" what its submodule a.b puts out, "/pre" or "a.b/pre" the same before
        the ReLU it ends in; several branches put together are taken before the ReLU of each.
    The weights are the stage's own. Nothing is overwritten in place. Raises `NoReLU`.
    """
    tracer = _Tracer()
    try:
        graph = tracer.trace(stage)
    except (RuntimeError, TypeError, ValueError) as error:  # a stage that does more than put operations together
        raise NoReLU(next((place for place in places if place.endswith(PRE)), places[0])) from error
    module = fx.GraphModule(stage, graph)
    (end,) = graph.find_nodes(op="output")
    exits = {**tracer.exits, OUTPUT: end.args[0]}
    results = []
    for place in places:
        node = exits[place.removesuffix(PRE)]
        results.append(_before_relu(node, module, place) if place.endswith(PRE) else node)
    graph.erase_node(end)
    graph.output(results)
    graph.eliminate_dead_code()
    _overwrite_nothing(module)
    module.delete_all_unused_submodules()
    module.recompile()
    return module


class _Tracer(fx.Tracer):
    """Traces down to torch's own modules, and remembers where each module's result comes out."""

    def __init__(self) -> None:
        super().__init__()
        self.exits: dict[str, fx.Node] = {}

    def call_module(self, m: nn.Module, forward: Any, args: tuple, kwargs: dict) -> Any:
        result = super().call_module(m, forward, args, kwargs)
        if isinstance(result, fx.Proxy):
            self.exits.setdefault(self.path_of_module(m), result.node)
        return result

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return getattr(m, "is_leaf", False) or super().is_leaf_module(m, module_qualified_name)


def _before_relu(node: fx.Node, module: fx.GraphModule, place: str) -> fx.Node:
    if node.op == "call_module":
        kind = module.get_submodule(str(node.target))
        if isinstance(kind, _RELUS):
            return node.all_input_nodes[0]
        if isinstance(kind, _PASSING):
            return _before_relu(node.all_input_nodes[0], module, place)
    if node.target in _RELU_FUNCTIONS:
        return node.all_input_nodes[0]
    if node.target is torch.cat:
        parts = [_before_relu(part, module, place) for part in node.all_input_nodes]
        with node.graph.inserting_after(node):
            return node.graph.call_function(torch.cat, (parts, *node.args[1:]), node.kwargs)
    raise NoReLU(place)


def _overwrite_nothing(module: fx.GraphModule) -> None:
    """Let every operation write to a tensor of its own, as any may be asked for."""
    for node in module.graph.nodes:
        if node.op == "call_module" and getattr(module.get_submodule(node.target), "inplace", False):
            module.add_submodule(node.target, _beside(module.get_submodule(node.target)))
        if node.kwargs.get("inplace"):
            node.kwargs = {**node.kwargs, "inplace": False}
        if node.target is operator.iadd:
            node.target = operator.add


def _beside(activation: nn.Module) -> nn.Module:
    """The same activation function, not in place."""
    twin = copy.copy(activation)
    twin.inplace = False  # type: ignore[assignment]
    return twin
