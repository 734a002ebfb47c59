"""Kernels in a row are what automatic differentiation makes of the same operations."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from reverie.server.networks.fusing import fused
from reverie.server.networks.kernel import Kernel
from reverie.server.networks.kernels import FusedConv, PooledConv, Silu
from reverie.server.networks.lrn import LocalResponseNorm
from reverie.server.networks.pooling import MaxPool, MeanPool
from reverie.server.networks.staged import StagedNetwork
from reverie.server.networks.tape import Tape

LAST = torch.channels_last


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(memory_format=LAST)


def pulled(run, x: Tensor) -> tuple[list[Tensor], Tensor]:
    seen = x.clone(memory_format=torch.preserve_format).requires_grad_()
    results = run(seen)
    results = [results] if isinstance(results, Tensor) else list(results)
    pushes = [noise(*result.shape, seed=seed) for seed, result in enumerate(results)]
    return [result.detach() for result in results], torch.autograd.grad(results, seen, pushes)[0]


class Block(nn.Module):
    """All that a tape takes: branches, a value read twice, one put out on the way, parts read by several."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Sequential(nn.Conv2d(3, 16, 5, 2, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True))
        self.norm = LocalResponseNorm(5, 1e-2, 0.75, 1.0)
        self.one = nn.Sequential(nn.Conv2d(16, 8, 1), nn.ReLU())
        self.two = nn.Sequential(nn.Conv2d(16, 12, 1), nn.ReLU(), nn.Conv2d(12, 10, 3, padding=1), nn.ReLU())
        self.three = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(16, 6, 1), nn.SiLU())
        self.four = nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), nn.SiLU())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.norm(self.first(x))
        one = self.one(x)
        together = torch.cat([one, self.two(x), self.three(x), self.four(x), one], 1)
        return together, one


@pytest.mark.parametrize("backward", [None, torch.bfloat16])
def test_a_row_is_its_operations(backward: torch.dtype | None):
    block = Block().requires_grad_(False)
    network = StagedNetwork("block", {"all": nn.Sequential(Whole(block))}, ("all",))
    run = fused(network, ("all",), backward)
    kinds = {type(module) for module in run.modules()}
    assert {Tape, FusedConv, PooledConv, Silu, MaxPool, MeanPool, LocalResponseNorm} <= kinds
    assert sum(isinstance(module, Tape) for module in run.modules()) == 1, "all of it in one row"
    x = noise(2, 3, 57, 41)
    ours, theirs = pulled(run, x), pulled(lambda seen: network(seen, ("all",)), x)
    for one, other in zip(ours[0], theirs[0], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    far = (ours[1] - theirs[1]).norm() / theirs[1].norm()
    assert far < (1e-5 if backward is None else 2e-2)
    assert ours[1].dtype == torch.float32


class Whole(nn.Module):
    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        together, one = self.block(x)
        return torch.cat([together, one], 1)


def tape_of(run, **kernels: Kernel) -> Tape:
    root = nn.Module()
    for name, kernel in kernels.items():
        root.add_module(name, kernel)
    graph = fx.Graph()
    graph.output(run(graph, graph.placeholder("x")))
    return Tape(fx.GraphModule(root, graph))


def test_several_results_and_parts_that_overlap():
    conv = nn.Conv2d(4, 9, 3, padding=1).requires_grad_(False)

    def run(graph: fx.Graph, x: fx.Node):
        whole = graph.call_module("conv", (x,))
        left = graph.call_function(torch.narrow, (whole, 1, 0, 5))
        right = graph.call_function(torch.narrow, (whole, 1, 3, 4))
        return [graph.call_function(torch.cat, ([right, left, x], 1)), left, whole]

    def plain(x: Tensor) -> list[Tensor]:
        whole = F.relu(conv(x))
        return [torch.cat([whole[:, 3:7], whole[:, :5], x], 1), whole[:, :5], whole]

    x = noise(1, 4, 11, 9)
    ours, theirs = pulled(tape_of(run, conv=FusedConv(conv, "relu")), x), pulled(plain, x)
    for one, other in zip([*ours[0], ours[1]], [*theirs[0], theirs[1]], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_part_alone_pulls_on_no_other_channel():
    def run(graph: fx.Graph, x: fx.Node):
        return graph.call_function(torch.narrow, (graph.call_module("act", (x,)), 1, 2, 3))

    x = noise(1, 8, 5, 5)
    ours, theirs = pulled(tape_of(run, act=Silu()), x), pulled(lambda seen: F.silu(seen)[:, 2:5], x)
    torch.testing.assert_close(ours[1], theirs[1])
    assert not ours[1][:, 5:].any()


def test_what_a_row_kept_is_let_go_of():
    kept: list[weakref.ref] = []

    class Noted(Silu):
        def run(self, x: Tensor):
            result, known = super().run(x)
            kept.extend((weakref.ref(result), weakref.ref(x)))
            return result, (result, *known)

        def back(self, slopes, kept):
            return super().back(slopes, kept[1:])

    tape = tape_of(
        lambda graph, x: graph.call_module("one", (graph.call_module("two", (x,)),)), one=Noted(), two=Noted()
    )
    gc.disable()
    try:
        for way_back in (True, False):
            seen = noise(1, 4, 5, 5).requires_grad_()
            result = tape(seen)
            if way_back:
                result.sum().backward()
            del result
            seen = None
            assert not any(reference() is not None for reference in kept)
    finally:
        gc.enable()


def test_who_counts_memory_sees_what_a_kernel_keeps():
    seen: list[torch.Size] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: seen.append(x.shape) or x, lambda x: x):
        LocalResponseNorm(5, 1e-2, 0.75, 1.0)(noise(1, 8, 6, 7).contiguous().requires_grad_())
    assert seen == [torch.Size((1, 8, 6, 7))] * 3
