"""The slope: an objective's gradient by a whole octave's picture, tile by tile."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..networks.staged import StagedNetwork
from ..space import room
from .device import repeatable
from .memory import OutOfMemory, ran_out
from .objective import Look, Objective, View
from .plan import plan
from .sound_thread import on_a_sound_thread
from .tiles import Shift, Tile, Tiling

log = logging.getLogger(__name__)

# Keeps activations of nothing but zeros from dividing by zero; real ones lie far above it.
_SMALLEST = 1e-30


class Slopes:
    """Computes gradients of one objective, in one network, cut as ``cutting`` says."""

    def __init__(self, network: StagedNetwork, objective: Objective, cutting: Tiling, precision: str) -> None:
        self._network = network
        self._objective = objective
        self._cutting = cutting
        self._precision = precision
        self._halved = False

    def pixels(self, picture: Tensor) -> int:
        """How many pixels `of` reports in all."""
        height, width = self._cutting.in_sight(*picture.shape[-2:])
        return height * width

    def of(self, picture: Tensor, shift: Shift, target: Tensor) -> Iterator[int]:
        """Write the gradient by ``picture`` (NxCxHxW float32), seen moved by ``shift``, into ``target``.

        Yields after each tile how many pixels it had. When memory runs out, the step goes on in tiles of half the
        side, and so do all that follow; the second time raises `OutOfMemory`.
        """
        done = 0
        for tile in self._cutting.cut(*self._cutting.in_sight(*picture.shape[-2:])):
            if not self._follow(tile, picture, shift, target):
                break
            done += tile.pixels
            yield tile.pixels
        else:
            return
        yield from self._in_halves(picture, shift, target, done)

    def _in_halves(self, picture: Tensor, shift: Shift, target: Tensor, done: int) -> Iterator[int]:
        """The same step in tiles of half the side, from now on; ``done`` pixels have been reported already."""
        height, width = self._cutting.in_sight(*picture.shape[-2:])
        smaller = self._cutting.halved(height, width)
        if self._halved:
            raise OutOfMemory(smaller.side)
        self._cutting, self._halved = smaller, True
        log.warning("Memory ran out: the dream goes on in tiles of %d pixels", smaller.side)
        if self._network.mean.device.type == "cuda":
            torch.cuda.empty_cache()
        for tile in smaller.cut(height, width):
            if not self._follow(tile, picture, shift, target):
                raise OutOfMemory(smaller.side // 2)
            done -= tile.pixels
            if done < 0:
                yield -done
                done = 0

    def _follow(self, tile: Tile, picture: Tensor, shift: Shift, target: Tensor) -> bool:
        """Write one tile's part of the gradient; False when there was not enough memory for it."""
        view = _view(tile, shift, picture.shape[-2:])
        try:
            with repeatable(self._precision):
                slope = gradient(tile.see(picture, shift), self._network, self._objective, view, self._precision)
        except (RuntimeError, MemoryError) as error:
            if ran_out(error):
                log.info("No memory for a tile of %d × %d pixels: %s", *picture.shape[-2:], error)
                return False  # and whatever was computed so far is gone with the exception
            raise
        tile.put(tile.own(slope), target, shift)
        return True

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
            mean = self.network.mean
            seen = tile.see(self.picture).to(mean.device, mean.dtype, memory_format=torch.channels_last)
            with repeatable(self.precision):
                activations = _activations(self.network, seen, layers)
            yield [_own(activation, tile, stride) for activation, stride in zip(activations, strides, strict=True)]

    def pull(self, objective: Objective) -> Generator[None, None, Tensor]:
        slopes = Slopes(self.network, objective, self.cutting, self.precision)
        slope = room(self.picture.shape, self.picture.device)
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


@on_a_sound_thread
@torch.no_grad()
def _activations(network: StagedNetwork, seen: Tensor, layers: Sequence[str]) -> list[Tensor]:
    return network(seen, layers)


@on_a_sound_thread
def gradient(
    picture: Tensor, network: StagedNetwork, objective: Objective, view: View, precision: str = "float32"
) -> Tensor:
    """The gradient of ``objective`` by ``picture`` (NxCxHxW float32): of its shape, float32, on the network's device.

    precision: as the setting; "auto" lets a float32 network's convolutions go back in fewer digits: see `plan`.

    Only the picture takes part in differentiation, the weights do not. Values that overflowed the network's
    number format count as zero: a dream may stand still, it never breaks.
    """
    with torch.enable_grad():
        mean = network.mean
        seen = picture.detach().to(mean.device, mean.dtype, copy=True, memory_format=torch.channels_last)
        seen.requires_grad_()
        activations = plan(network, objective.layers, precision)(seen)
        leaves = [activation.detach().float().requires_grad_() for activation in activations]
        pushes = torch.autograd.grad(objective(leaves, view), leaves, materialize_grads=True)
        scale = _scale(pushes) if seen.dtype == torch.float16 else None
        pushes = [(push if scale is None else push / scale).to(seen.dtype) for push in pushes]
        (result,) = torch.autograd.grad(activations, seen, pushes)
    slope = result.float() if scale is None else result.float().mul_(scale)
    # Not in place: the gradient may lie in memory that the next step overwrites.
    return slope.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)


def _scale(pushes: Sequence[Tensor]) -> Tensor:
    """By what to divide the gradients at the layers so that float16, 6e-8 to 65504, holds them all the way back."""
    return 16 * torch.stack([push.abs().amax() for push in pushes]).amax().clamp_min(_SMALLEST)


def _view(tile: Tile, shift: Shift, size: Sequence[int]) -> View:
    top, left = tile.rows.outer_start - shift[0], tile.columns.outer_start - shift[1]
    return View(top, left, size[0], size[1], mirrors=(tile.rows.mirrors, tile.columns.mirrors))
