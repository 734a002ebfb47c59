"""Objectives: what a dream makes more of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class View:
    """Where in an octave the pixels lie that the network is seeing, in pixels.

    top, left: the octave's row and column of the first one; they may lie outside 0..size, for what is seen goes on
        round the edges when the picture is shifted.
    height, width: the octave's size.
    """

    top: int
    left: int
    height: int
    width: int


class Objective(Protocol):
    """What a dream makes more of, as a sum over places, so that it can be climbed tile by tile.

    layers: what the network is to be run for, as `StagedNetwork.forward` takes it.
    """

    layers: tuple[str, ...]

    def begin_octave(self, looks: Iterable[tuple[Sequence[Tensor], View]]) -> None:
        """Take note of what an octave's picture looks like before the first step on it.

        ``looks`` runs the network forward, tile by tile, and only while it is iterated; most objectives need not.
        """
        ...

    def __call__(self, activations: Sequence[Tensor], view: View) -> Tensor:
        """How much of it is seen: a float32 scalar, differentiable. ``activations`` are those of `layers`, NxCxHxW."""
        ...


class Energy:
    """½·Σa² over all activations of all layers.

    Its gradient is the activations themselves: whatever the layers see, they shall see more of
    (`objective_L2` of google/deepdream).
    """

    def __init__(self, layers: tuple[str, ...]) -> None:
        self.layers = layers

    def begin_octave(self, looks: Iterable[tuple[Sequence[Tensor], View]]) -> None:
        """Nothing is needed."""

    def __call__(self, activations: Sequence[Tensor], view: View) -> Tensor:
        """The energy seen."""
        total = activations[0].new_zeros((), dtype=torch.float32)
        for activation in activations:
            total = total + 0.5 * activation.float().square().sum()
        return total
