"""The slope: an objective's gradient by a whole octave's picture, tile by tile."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..networks.staged import StagedNetwork
from .device import repeatable
from .objective import Look, Objective, View
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

    def look(self, picture: Tensor) -> Look:
        """What the network makes of ``picture``, NxCxHxW float32."""
        return _Look(picture, self._network, self._cutting, self._precision)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A `Look` at a picture that is cut as the octave's gradient is."""

    picture: Tensor
    network: StagedNetwork
    cutting: Tiling
    precision: str

    def activations(self, layers: Sequence[str]) -> Iterator[Sequence[Tensor]]:
        strides = [self.network.stride(layer) for layer in layers]
        for tile in self.cutting.cut(*self.picture.shape[-2:]):
            seen = tile.see(self.picture).to(self.network.mean.dtype, memory_format=torch.channels_last)
            with repeatable(self.precision), torch.no_grad():
                activations = self.network(seen, layers)
            yield [_own(activation, tile, stride) for activation, stride in zip(activations, strides, strict=True)]

    def pull(self, objective: Objective) -> Generator[None, None, Tensor]:
        slopes = Slopes(self.network, objective, self.cutting, self.precision)
        slope = torch.empty_like(self.picture)
        for _ in slopes.of(self.picture, (0, 0), slope):
            yield
        return torch.linalg.vector_norm(slope, 1, (1, 2, 3)).div_(slope[0].numel())


def _own(activation: Tensor, tile: Tile, stride: int) -> Tensor:
    """The activations that stand for a tile's own pixels, as a view."""
    rows, columns = (
        slice(span.kept.start // stride, None if span.stop == span.outer_stop else -(-span.kept.stop // stride))
        for span in (tile.rows, tile.columns)
    )
    return activation[..., rows, columns]


def gradient(picture: Tensor, network: StagedNetwork, objective: Objective, view: View) -> Tensor:
    """The gradient of ``objective`` by ``picture`` (NxCxHxW float32), of its shape and float32.

    Only the picture takes part in differentiation, the weights do not. Values that overflowed the network's
    number format count as zero: a dream may stand still, it never breaks.
    """
    with torch.enable_grad():
        seen = picture.detach().to(network.mean.dtype, memory_format=torch.channels_last, copy=True).requires_grad_()
        activations = network(seen, objective.layers)
        leaves = [activation.detach().float().requires_grad_() for activation in activations]
        pushes = torch.autograd.grad(objective(leaves, view), leaves, materialize_grads=True)
        scale = _scale(pushes) if seen.dtype == torch.float16 else None
        pushes = [(push if scale is None else push / scale).to(seen.dtype) for push in pushes]
        (result,) = torch.autograd.grad(activations, seen, pushes)
    slope = result.float() if scale is None else result.float().mul_(scale)
    return slope.nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0)


def _scale(pushes: Sequence[Tensor]) -> Tensor:
    """By what to divide the gradients at the layers so that float16, 6e-8 to 65504, holds them all the way back."""
    return 16 * torch.stack([push.abs().amax() for push in pushes]).amax().clamp_min(_SMALLEST)


def _view(tile: Tile, shift: Shift, size: Sequence[int]) -> View:
    return View(tile.rows.outer_start - shift[0], tile.columns.outer_start - shift[1], size[0], size[1])
