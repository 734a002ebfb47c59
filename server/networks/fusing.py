"""A network's run to given layers as one graph of operations, those fused that follow one another.

Traced by torch.fx. What can't be traced, because its course depends on what it computes, stays one opaque module.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.fx.passes.infra.partitioner import CapabilityBasedPartitioner
from torch.fx.passes.operator_support import OperatorSupportBase

from . import kernels, pooling, tape
from .staged import StagedNetwork

# How an activation may be written: as a module, a function, a method.
_ACTIVATIONS: dict[Any, kernels.Activation] = {
    **dict.fromkeys((nn.ReLU, F.relu, torch.relu, torch.relu_, "relu", "relu_"), "relu"),
    **dict.fromkeys((nn.SiLU, F.silu), "silu"),
}


def fused(network: StagedNetwork, layers: tuple[str, ...], backward: torch.dtype | None = None) -> nn.Module:
    """A module that does what ``network(picture, layers)`` does, on a CPU, with fewer passes over memory.

    backward: the numbers its convolutions go back in; None: those they go forward in.
    The weights are the network's own, so it is valid until they move or change type. Raises whatever tracing
    raises when the network as a whole can't be traced; then run it as it is.
    """
    root = _Run(network, layers)
    graph = _Tracer().trace(root)
    module = fx.GraphModule(root, graph)
    for node in graph.find_nodes(op="call_module"):
        if isinstance(module.get_submodule(str(node.target)), nn.Identity):
            node.replace_all_uses_with(node.all_input_nodes[0])
            graph.erase_node(node)
    for node in graph.find_nodes(op="call_module"):
        target = module.get_submodule(str(node.target))
        if kernels.fits(target):
            _fuse(node, module, backward)
        elif kernel := kernels.Silu() if type(target) is nn.SiLU else pooling.standing_in(target):
            _replace(node, module, kernel)
    for node in graph.find_nodes(op="call_module"):
        if isinstance(module.get_submodule(str(node.target)), pooling.MaxPool):
            _fuse_pool(node, module)
    for node in list(graph.nodes):
        _join(node, "relu", module, backward)
        _join(node, "silu", module, backward)
    module.delete_all_unused_submodules()
    return _taped(module)


class _Run(nn.Module):
    def __init__(self, network: StagedNetwork, layers: tuple[str, ...]) -> None:
        super().__init__()
        self.network = network
        self.layers = layers

    def forward(self, picture: Tensor) -> list[Tensor]:
        return self.network(picture, self.layers)


class _Tracer(fx.Tracer):
    """Traces into every module that can be traced, wherever a network keeps it."""

    def __init__(self, traceable: dict[nn.Module, bool] | None = None) -> None:
        super().__init__()
        self._traceable = {} if traceable is None else traceable  # what is known of modules

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        if super().is_leaf_module(m, module_qualified_name) or getattr(m, "is_leaf", False):
            return True
        return not isinstance(m, StagedNetwork) and not self._can_trace(m)

    def path_of_module(self, mod: nn.Module) -> str:
        try:
            return super().path_of_module(mod)
        except NameError:  # a network need not register what it made of its own modules
            name = f"loose{len(self.root._modules)}"
            self.root.add_module(name, mod)
            if self.submodule_paths is not None:
                self.submodule_paths.update({m: f"{name}.{path}" if path else name for path, m in mod.named_modules()})
            return name

    def _can_trace(self, module: nn.Module) -> bool:
        if module not in self._traceable:
            try:
                _Tracer(self._traceable).trace(module)
                self._traceable[module] = True
            except Exception:  # tracing runs the module's own code, which may raise anything at a stand-in for a tensor
                self._traceable[module] = False
        return self._traceable[module]


def _fuse(node: fx.Node, module: fx.GraphModule, backward: torch.dtype | None) -> None:
    """Put a `FusedConv` for a convolution, with the activation that alone reads it, if one does."""
    conv: Any = module.get_submodule(str(node.target))
    reader = next(iter(node.users)) if len(node.users) == 1 else None
    activation = _activation(reader, module) if reader else "none"
    _replace(node, module, kernels.FusedConv(conv, activation, backward))
    if reader and activation != "none":
        reader.replace_all_uses_with(node)
        module.graph.erase_node(reader)


def _fuse_pool(node: fx.Node, module: fx.GraphModule) -> None:
    """Put a `PooledConv` for a pooling and the convolution with ReLU that it alone reads."""
    (read,) = node.all_input_nodes
    if len(read.users) > 1 or read.op != "call_module":
        return
    conv, pool = (module.get_submodule(str(one.target)) for one in (read, node))
    if isinstance(conv, kernels.FusedConv) and isinstance(pool, pooling.MaxPool) and conv.activation == "relu":
        _replace(node, module, kernels.PooledConv(conv, pool))
        node.args = read.args
        module.graph.erase_node(read)


class _Taped(OperatorSupportBase):
    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__()
        self._module = module

    def is_node_supported(self, submodules: Any, node: fx.Node) -> bool:
        return tape.fits(node, self._module)


def _taped(module: fx.GraphModule) -> fx.GraphModule:
    """Put a `Tape` for each part of the graph that is made of kernels."""
    module.graph.lint()
    module.recompile()
    partitioner = CapabilityBasedPartitioner(module, _Taped(module), allows_single_node_partition=True)
    taped = partitioner.fuse_partitions(partitioner.propose_partitions(), prefix="tape_")
    for name, part in list(taped.named_children()):
        if name.startswith("tape_"):
            setattr(taped, name, tape.Tape(part))  # type: ignore[arg-type]
    taped.delete_all_unused_submodules()
    return taped


def _replace(node: fx.Node, module: fx.GraphModule, by: nn.Module) -> None:
    name = f"fused_{node.name}"
    module.add_submodule(name, by)
    node.target = name


def _join(node: fx.Node, activation: kernels.Activation, module: fx.GraphModule, backward: torch.dtype | None) -> None:
    """Put one convolution for those 1×1 that read the same ``node``, as in the branches of an Inception block."""
    siblings = [user for user in node.users if _pointwise(user, activation, module)]
    if len(siblings) < 2:
        return
    convs: list[Any] = [module.get_submodule(str(sibling.target)) for sibling in siblings]
    name = f"joined_{node.name}_{activation}"
    conv = kernels.side_by_side([fused.conv for fused in convs])
    module.add_submodule(name, kernels.FusedConv(conv, activation, backward))
    graph = module.graph
    with graph.inserting_before(siblings[0]):
        joined = graph.call_module(name, (node,))
        channel = 0
        for sibling, fused in zip(siblings, convs, strict=True):
            part = graph.call_function(torch.narrow, (joined, 1, channel, fused.conv.out_channels))
            sibling.replace_all_uses_with(part)
            channel += fused.conv.out_channels
    for sibling in siblings:
        graph.erase_node(sibling)


def _pointwise(node: fx.Node, activation: kernels.Activation, module: fx.GraphModule) -> bool:
    if node.op != "call_module":
        return False
    fused = module.get_submodule(str(node.target))
    if not isinstance(fused, kernels.FusedConv) or fused.activation != activation:
        return False
    return fused.conv.kernel_size == fused.conv.stride == (1, 1)


def _activation(node: fx.Node, module: fx.GraphModule) -> kernels.Activation:
    if node.op == "call_module":
        return _ACTIVATIONS.get(type(module.get_submodule(str(node.target))), "none")
    return _ACTIVATIONS.get(node.target, "none") if node.op in ("call_function", "call_method") else "none"
