"""How long a gradient step takes: ours, beside the step most DeepDream projects take.

That plain step runs the whole network and reads the layer through a hook, differentiates by the weights as well,
in float32 and torch's default memory layout. The weights are random: the time is that of trained ones. Every
round times each contender once, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Iterable
from typing import cast

import torch
import torchvision
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor, nn

from ...shared.settings import DreamSettings
from ..dream.device import describe, pick_device, pick_dtype
from ..dream.still import dream_still
from ..networks.architectures import ARCHITECTURES
from ..networks.catalogue import find
from ..networks.cutting import cut
from ..networks.loading import load
from ..networks.staged import StagedNetwork

Step = Callable[[], object]


def run(
    console: Console,
    networks: Iterable[str] = ("ornament", "googlenet"),
    sides: Iterable[int] = (256, 512, 1024),
    rounds: int = 3,
    device: str = "auto",
) -> None:
    """Print a table: median seconds per step by network, octave size and precision, and the gain over the plain step.

    Raises `UnknownNetwork`, and `SettingError` for a device that is not there.
    """
    where = pick_device(device)
    precisions = ["float32", "bfloat16"] if where.type == "cpu" else ["float32", "bfloat16", "float16"]
    table = Table(title=f"Seconds per step on {describe(where).name}, median of {rounds}")
    for heading in ("Network", "Layer"):
        table.add_column(heading)
    for heading in ("Octave", "Plain", *precisions):
        table.add_column(heading, justify="right")
    cases = [(find(name).name, side) for name in networks for side in sides]
    for name, side in track(cases, "Measuring", console=console, transient=True):
        whole, network = _same_network_twice(name)
        picture = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(where)
        steps = {"plain": _plain_step(whole.to(where), network, picture)}
        for precision in precisions:
            steps[precision] = _our_step(copy.deepcopy(network).to(where, pick_dtype(precision, where)), picture)
        seconds = _medians(steps, rounds, where)
        ours = [f"{seconds[precision]:.4f} {seconds['plain'] / seconds[precision]:5.1f}×" for precision in precisions]
        table.add_row(name, *network.default_layers, f"{side}²", f"{seconds['plain']:.4f}", *ours)
    console.print(table)
    console.print("× is how many times as fast as the plain step.")


def _same_network_twice(name: str) -> tuple[nn.Module, StagedNetwork]:
    """A network as its authors publish it, and as our zoo cuts it, with the same weights."""
    if name not in ARCHITECTURES:
        return load(name), load(name)
    architecture = ARCHITECTURES[name]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        whole = getattr(torchvision.models, architecture.builder)(weights=None, **architecture.options).eval()
    network = cut(architecture, name, whole.state_dict())
    return whole, network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _plain_step(whole: nn.Module, network: StagedNetwork, picture: Tensor) -> Step:
    layer = network.default_layers[-1]
    path = ARCHITECTURES[network.name].stages[layer][-1] if network.name in ARCHITECTURES else None
    module = whole.get_submodule(path or f"stages.{network.layers.index(layer)}")
    caught: list[Tensor] = []
    module.register_forward_hook(lambda _module, _inputs, output: caught.append(cast(Tensor, output)))
    whole.requires_grad_().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    source = picture.clone().requires_grad_()

    def step() -> None:
        caught.clear()
        source.grad = None
        whole.zero_grad()
        whole(source)
        caught[0].square().sum().backward()
        assert source.grad is not None
        source.data += 1.5 / 255 / source.grad.abs().mean() * source.grad
        source.data.clamp_(0, 1)

    return step


def _our_step(network: StagedNetwork, picture: Tensor) -> Step:
    """A step of a real dream of one octave."""
    running = dream_still(picture, network, DreamSettings(octaves=1, iterations=2000, tile=16384))
    return lambda: next(running)


def _medians(steps: dict[str, Step], rounds: int, device: torch.device) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for round_ in range(-1, rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            getattr(torch, device.type).synchronize()
            if round_ >= 0:  # the round before the first warms up
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}
