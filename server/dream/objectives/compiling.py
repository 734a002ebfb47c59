"""From what was asked for to the objective that is climbed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

import torch
from torch import Tensor

from ....shared.declaration import SettingError
from ....shared.settings import DreamSettings
from ....shared.target import ByStrength, Channels, Class, Direction, Guided, Layer, RandomDirection, Selection, What
from ...networks.catalogue import CLASSES
from ...networks.staged import StagedNetwork
from ...networks.targets import check_target
from ..objective import Objective
from ..sound_thread import on_a_sound_thread
from .excitement import Excitement
from .guides import BestMatch, Style, guide_activations, statistics
from .recognition import Recognition
from .strength import Strength
from .weighted import Term, Weighted


def objective_of(settings: DreamSettings, network: StagedNetwork, guide: Tensor | None = None) -> Objective:
    """What ``settings`` ask to excite in ``network``.

    guide: 1x3xhxw, 0..1, display-encoded, on the network's device; with one, plain layers follow it as
        ``settings.guiding`` says. Raises `SettingError`, `UnknownLayer` and `UnknownClass`.
    """
    target = check_target(network, settings.layers, guided=guide is not None)
    compiler = _Compiler(network, settings.measure == "mean", guide)
    following = settings.guiding if guide is not None and settings.guiding != "explicit" else None
    terms = [(term.weight, compiler.term(_followed(term.what, following))) for term in target]
    return Weighted(terms, settings.balance)


@on_a_sound_thread
def channel_count(network: StagedNetwork, layer: str) -> int:
    """How many channels a layer has."""
    side = network.min_side
    smallest = torch.zeros(1, 3, side, side, device=network.mean.device, dtype=network.mean.dtype)
    with torch.no_grad():
        (activation,) = network(smallest, [layer])
    return activation.shape[1]


def _followed(what: What, how: str | None) -> What:
    """A plain layer as following the guide, where there is one; anything else as it is."""
    return Guided(how, what.name) if how and isinstance(what, Layer) and what == Layer(what.name) else what


class _Compiler:
    """Makes terms of what is asked for. mean: layers and channels count by their mean, not their energy."""

    def __init__(self, network: StagedNetwork, mean: bool, guide: Tensor | None) -> None:
        self._network = network
        self._mean = mean
        self._guide = guide
        self._counts: dict[str, int] = {}

    def term(self, what: What) -> Term:
        match what:
            case Class(number, alone=True):
                row = self._row(CLASSES, [(int(number), 1.0)])
                return Excitement(CLASSES, self._network.stride(CLASSES), linear=True, weights=row)
            case Class(number):
                return Recognition(int(number))
            case Guided(how, layer):
                return self._guided(how, layer)
            case Layer(name, selection, place):
                linear = self._mean or isinstance(selection, Direction | RandomDirection)
                weights = self._weights(name, selection)
                return Excitement(name, self._network.stride(name), linear=linear, weights=weights, place=place)

    def _guided(self, how: str, layer: str) -> Term:
        assert self._guide is not None, "the target was checked to have its guide"
        (seen,) = guide_activations(self._guide, self._network, [layer])
        if how == "match":
            return BestMatch(layer, seen)
        if how == "style":
            return Style(layer, seen)
        return Excitement(layer, self._network.stride(layer), weights=statistics(seen))

    def _weights(self, layer: str, selection: Selection | None) -> Tensor | Strength | None:
        match selection:
            case None if not self._mean:
                return None
            case None:
                return self._alike(layer, range(self._count(layer)))
            case ByStrength(_, wanted, all_but):
                if wanted > self._count(layer) - all_but:
                    self._refuse(layer, f"{selection} leaves nothing" if all_but else f"{selection} is too many")
                return Strength(selection, self._mean)
            case Channels(numbers, False):
                return self._alike(layer, numbers)
            case Channels(numbers, True):
                self._alike(layer, numbers)  # those left out have to be there as well
                return self._alike(layer, sorted(set(range(self._count(layer))) - set(numbers)))
            case Direction(parts):
                return self._row(layer, parts)
            case RandomDirection(seed):
                direction = torch.randn(self._count(layer), generator=torch.Generator().manual_seed(seed))
                return self._row(layer, enumerate((direction / direction.norm()).tolist()))

    def _alike(self, layer: str, numbers: Sequence[int]) -> Tensor:
        """Weights under which these channels count alike."""
        if not numbers:
            self._refuse(layer, "none would be left")
        share = 1 / len(numbers) if self._mean else 1.0
        return self._row(layer, [(number, share) for number in numbers])

    def _row(self, layer: str, shares: Iterable[tuple[int, float]]) -> Tensor:
        """Weights of a layer's channels, (C, 1, 1): the shares given, added up, and 0 elsewhere."""
        row = torch.zeros(self._count(layer))
        for number, share in shares:
            if number >= len(row):
                self._refuse(layer, f"{number} is not one of them")
            row[number] += share
        return row[:, None, None].to(self._network.mean.device)

    def _count(self, layer: str) -> int:
        if layer not in self._counts:
            self._counts[layer] = channel_count(self._network, layer)
        return self._counts[layer]

    def _refuse(self, layer: str, problem: str) -> NoReturn:
        count = self._count(layer)
        raise SettingError("layers", f"The layer {layer} has {count} channels: {problem}", f"0 to {count - 1}")
