"""Rows on time: against peers, against the machine, whole dreams against their steps."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from ....shared.settings import DreamSettings
from ...dream.objective import View
from ...dream.objectives.compiling import objective_of
from ...dream.octaves import octave_sizes, resize
from ...dream.slope import gradient
from ...dream.still import dream_still
from ...networks import native
from ...networks.staged import StagedNetwork
from .contenders import neural_dream_step, our_step, pytorch_deepdream_step
from .lively import lively
from .row import Row, at_least, at_most, ratio, times


def speed_rows(rounds: int) -> Iterator[Row]:
    """Against peers and the machine's own limit, at 512² on the CPU."""
    # As in a worker that has been at it for a minute: the compiled kernels are loaded.
    native.get_ready()
    picture = torch.rand(1, 3, 512, 512, generator=torch.Generator().manual_seed(0))
    model, network = lively("googlenet")
    rate = _Matmul()
    seconds = times(
        {
            "deepdream": pytorch_deepdream_step(model, picture),
            "float32": our_step(network, picture, "float32"),
            "auto": our_step(network, picture, "auto"),
            "mm": rate.torch,
            "onednn": rate.onednn,
        },
        rounds,
    )
    what = "step at 512², GoogLeNet to inception4c, against pytorch-deepdream's"
    yield at_least(f"{what}, automatic", ratio(seconds["deepdream"], seconds["auto"]), 3.5)
    yield at_least(f"{what}, float32", ratio(seconds["deepdream"], seconds["float32"]), 2.3)
    yield _share(network, picture, seconds, rate)
    first_model, first = lively("bvlc_googlenet")
    seconds = times(
        {
            "neural-dream": neural_dream_step(first_model, picture),
            "auto": our_step(first, picture, "auto"),
            "float32": our_step(first, picture, "float32"),
        },
        rounds,
    )
    what = "step at 512², BVLC GoogLeNet to inception_4c, against neural-dream's"
    yield at_least(f"{what}, automatic", ratio(seconds["neural-dream"], seconds["auto"]), 3.5)
    yield at_least(f"{what}, float32", ratio(seconds["neural-dream"], seconds["float32"]), 3.5)
    yield _whole_dream(network, picture, max(rounds // 3, 1))


def _share(network: StagedNetwork, picture: Tensor, seconds: dict[str, list[float]], rate: _Matmul) -> Row:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(picture)
    flops = 2 * counter.get_total_flops()  # the way back to the picture takes as many
    best = [min(pair) for pair in zip(seconds["mm"], seconds["onednn"], strict=True)]
    share = ratio([matmul / rate.flops for matmul in best], [step / flops for step in seconds["float32"]])
    return at_least("convolutions' share of the matmul rate, float32", 100 * share, 60, " %")


def _whole_dream(network: StagedNetwork, picture: Tensor, rounds: int) -> Row:
    settings = DreamSettings(network=network.name, edges="roll")
    sizes = octave_sizes((512, 512), settings.octaves, settings.octave_scale, network.min_side)
    pictures = [resize(picture, size) for size in sizes]

    def steps() -> None:
        for octave in pictures:
            for _ in range(settings.iterations):
                _bare(network, octave, settings.precision)

    def whole() -> None:
        for _ in dream_still(picture, network, settings):
            pass

    seconds = times({"whole": whole, "steps": steps}, rounds)
    more = 100 * (ratio(seconds["whole"], seconds["steps"]) - 1)
    return at_most("whole dream 512², 4 octaves × 10, over the sum of its bare gradients", more, 8, " % more")


def _bare(network: StagedNetwork, picture: Tensor, precision: str) -> None:
    objective = objective_of(DreamSettings(network=network.name), network, None)
    gradient(picture, network, objective, View(0, 0, *picture.shape[-2:]), precision)


class _Matmul:
    """A large matrix product as torch computes it, and as oneDNN does: the faster is the machine's rate."""

    def __init__(self, side: int = 2048) -> None:
        self.flops = 2 * side**3
        self._a, self._b = torch.rand(2, side, side)

    def torch(self) -> Tensor:
        """By torch's choice of library."""
        return self._a @ self._b

    def onednn(self) -> Tensor:
        """By oneDNN, which is what convolves."""
        return torch.ops.mkldnn._linear_pointwise(self._a, self._b, None, "none", [], "")
