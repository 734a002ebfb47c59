"""The slope: an objective's gradient by a whole octave's picture, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ..networks.staged import StagedNetwork
from .device import repeatable
from .objective import Objective, View
from .tiles import Shift, Tile, Tiling

# Keeps activations of nothing but zeros from dividing by zero; real ones lie far above it.
_SMALLEST = 1e-30


class Slopes:
    """Computes gradients of one objective, in one network, cut as ``cutting`` says."""

    def __init__(self, network: StagedNetwork, objective: Objective, cutting: Tiling, precision: str) -> None:
        self._network = network
        self._objective = objective
        self._cutting = cutting
        self._precision = precision

    def of(self, picture: Tensor, shift: Shift, target: Tensor) -> Iterator[int]:
        """Write the gradient by ``picture`` (NxCxHxW float32), seen rolled by ``shift``, into ``target``.

        Yields after each tile how many pixels it had.
        """
        size = picture.shape[-2:]
        for tile in self._cutting.cut(*size):
            with repeatable(self._precision):
                slope = gradient(tile.see(picture, shift), self._network, self._objective, _view(tile, shift, size))
            tile.put(tile.own(slope), target, shift)
            yield tile.pixels

    def looks(self, picture: Tensor) -> Iterator[tuple[Sequence[Tensor], View]]:
        """What the network makes of ``picture``, tile by tile: the activations of the objective's layers, and where."""
        for tile in self._cutting.cut(*picture.shape[-2:]):
            seen = tile.see(picture).to(self._network.mean.dtype, memory_format=torch.channels_last)
            with repeatable(self._precision), torch.no_grad():
                activations = self._network(seen, self._objective.layers)
            yield activations, _view(tile, (0, 0), picture.shape[-2:])


def gradient(picture: Tensor, network: StagedNetwork, objective: Objective, view: View) -> Tensor:
    """The gradient of ``objective`` by ``picture`` (NxCxHxW float32), of its shape and float32.

    Only the picture takes part in differentiation, the weights do not. Values that overflowed the network's
    number format count as zero: a dream may stand still, it never breaks.
    """
    with torch.enable_grad():
        seen = picture.detach().to(network.mean.dtype, memory_format=torch.channels_last, copy=True).requires_grad_()
        activations = network(seen, objective.layers)
        scale = _scale(activations)
        (result,) = torch.autograd.grad(objective(activations, view) / scale, seen)
    return result.float().mul_(scale).nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0)


def _scale(activations: Sequence[Tensor]) -> Tensor | float:
    """By what to divide the objective so that float16, which ends at 65504, holds its gradient all the way back."""
    if activations[0].dtype != torch.float16:
        return 1.0
    peak = torch.stack([activation.detach().abs().amax() for activation in activations]).amax()
    return 16 * peak.float().clamp_min(_SMALLEST)


def _view(tile: Tile, shift: Shift, size: Sequence[int]) -> View:
    return View(tile.rows.outer_start - shift[0], tile.columns.outer_start - shift[1], size[0], size[1])
