"""Rows for a graphics card: whether it is busy with mathematics, or waits for memory and for Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from ....shared.settings import DreamSettings
from ...dream.memory import bytes_per_pixel
from ...dream.still import dream_still
from ...networks.staged import StagedNetwork
from .contenders import our_step
from .lively import lively
from .row import Row, at_least, at_most, ratio, times

_SHARE = "share of the larger of the compute and the memory bound, half precision, {} pictures in the batch"
_DREAM = "whole dream {}², 4 octaves × 10, half precision, one picture"
# An activation is written and read going forward, and its gradient written and read going back.
_PASSES = 4


def card_rows(rounds: int, device: torch.device | None = None, side: int = 512, batch: int = 16) -> Iterator[Row]:
    """Both rows, on ``device``: by default the first CUDA device, without which they say that they need one."""
    if device is None and not torch.cuda.is_available():
        yield Row(_SHARE.format(batch), "needs a CUDA device", "≥ 40 %", None)
        yield Row(_DREAM.format(side), "needs a CUDA device", "≤ 50 ms", None)
        return
    device = device or torch.device("cuda:0")
    _, network = lively("googlenet")
    network = network.to(device=device, dtype=torch.bfloat16, memory_format=torch.channels_last)  # type: ignore[call-overload]
    pictures = torch.rand(batch, 3, side, side, generator=torch.Generator().manual_seed(0)).to(device)
    yield at_least(_SHARE.format(batch), 100 * _share(network, pictures, rounds), 40, " %")
    picture = pictures[:1]

    def whole() -> None:
        for _ in dream_still(picture, network, DreamSettings(network=network.name)):
            pass

    seconds = times({"whole": whole}, rounds)["whole"]
    yield at_most(_DREAM.format(side), 1000 * ratio(seconds, [1.0] * len(seconds)), 50, " ms")


def _share(network: StagedNetwork, pictures: Tensor, rounds: int) -> float:
    """The least time that a step could take by what the machine does in the same run, over what it takes."""
    product, copied = _matmul(pictures), _copy(pictures)
    seconds = times(
        {"step": our_step(network, pictures, "bfloat16"), "product": product.run, "copy": copied.run}, rounds
    )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(pictures.to(network.mean.dtype))
    flops = 2 * counter.get_total_flops()  # the way back to the picture takes as many
    pixels = pictures.shape[0] * pictures.shape[2] * pictures.shape[3]
    moved = _PASSES * pixels * bytes_per_pixel(network, network.default_layers, pictures.device)
    compute = [second * flops / product.work for second in seconds["product"]]
    memory = [second * moved / copied.work for second in seconds["copy"]]
    return max(ratio(compute, seconds["step"]), ratio(memory, seconds["step"]))


class _Task:
    """Something the machine does at its limit: ``work`` operations or bytes each time it runs."""

    def __init__(self, run: Callable[[], object], work: float) -> None:
        self.run = run
        self.work = work


def _matmul(like: Tensor) -> _Task:
    side = 8192 if like.is_cuda else 256
    a, b = torch.rand(2, side, side, device=like.device).to(torch.bfloat16)
    return _Task(lambda: a @ b, 2.0 * side**3)


def _copy(like: Tensor) -> _Task:
    source = torch.empty(2**30 if like.is_cuda else 2**22, dtype=torch.uint8, device=like.device)
    target = torch.empty_like(source)
    return _Task(lambda: target.copy_(source), 2.0 * source.numel())
