"""Excitement: how much a layer sees, or some of its channels, a direction among them, or one unit of it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ..objective import Look, View
from .strength import Strength


class Excitement:
    """Σ w·½a² over the channels and places of a layer, or Σ w·a averaged over its places.

    The first is `objective_L2` of google/deepdream, whose gradient is the activations themselves: whatever the layer
    sees, it shall see more of. The second is a channel, a neuron or a direction of lucid, and a layer of TensorFlow's
    current tutorial.

    layer, stride: the layer and its step in pixels.
    linear: take a instead of ½a², averaged over places.
    weights: w, of shape (C, 1, 1), or (N, C, 1, 1) for a batch in which each picture seeks its own; None: 1 for every
        channel. A `Strength` measures it in every octave's picture.
    place: (x, y) of a single unit, 0..1 from the left and from the top of the whole picture; None: everywhere.
    """

    def __init__(
        self,
        layer: str,
        stride: int,
        *,
        linear: bool = False,
        weights: Tensor | Strength | None = None,
        place: tuple[float, float] | None = None,
    ) -> None:
        self.layer = layer
        self._stride = stride
        self._linear = linear
        self._strength = weights if isinstance(weights, Strength) else None
        self._weights = weights if isinstance(weights, Tensor) else None
        self._place = place

    def begin_octave(self, look: Look) -> Iterator[None]:
        """Choose the channels anew where they are chosen by strength."""
        if self._strength is not None:
            self._weights = yield from self._strength.weights(look, self.layer)

    def __call__(self, activation: Tensor, view: View) -> Tensor:
        """How much is seen in each picture, N."""
        places = _places(activation, view, self._stride)
        if self._place is not None:
            activation = _units(activation, self._place, view, self._stride)
            places = 1.0
        seen = activation.float() if self._linear else activation.float().square()
        if self._weights is not None:
            seen = seen * self._weights
        return seen.sum((1, 2, 3)) * (1 / places if self._linear else 0.5)


def _places(activation: Tensor, view: View, stride: int) -> float:
    """How many places the layer has in the whole octave, whatever part of it is seen just now."""
    if activation.shape[-2:] == (1, 1):  # all that is seen, judged at once
        return 1.0
    return view.height * view.width / stride**2


def _units(activation: Tensor, place: tuple[float, float], view: View, stride: int) -> Tensor:
    """The units of what is seen that stand at ``place``: none, one, or several where the picture is seen repeatedly."""
    x, y = place
    down, across = view.mirrors
    for axis, share, first, side, mirrors in (
        (-2, y, view.top, view.height, down),
        (-1, x, view.left, view.width, across),
    ):
        seen = activation.shape[axis] * stride
        at = min(int(share * side), side - 1) - first
        # In a mirror it is not the unit that is seen, but what stands before it.
        found = [at][: 0 <= at < seen] if mirrors else range(at % side, seen, side)
        chosen = torch.tensor([at // stride for at in found], dtype=torch.long, device=activation.device)
        activation = activation.index_select(axis, chosen)
    return activation
