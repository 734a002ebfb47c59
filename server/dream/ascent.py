"""One step of gradient ascent, as `make_step` of google/deepdream takes it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from ..networks.staged import StagedNetwork
from .objective import energy

# Keeps a gradient, or activations, of nothing but zeros from dividing by zero; real ones lie far above it.
_SMALLEST = 1e-30


def draw_shift(generator: Generator, jitter: int) -> tuple[int, int]:
    """Two whole numbers in −jitter..jitter: how far to roll (down, right).

    ``generator`` lives on the CPU, so every device draws the same. As in the notebook, x is drawn before y.
    """
    x, y = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
    return y, x


def gradient(picture: Tensor, network: StagedNetwork, layers: Sequence[str]) -> Tensor:
    """The gradient of the layers' energy by ``picture`` (1x3xHxW float32), of its shape and float32.

    Only the picture takes part in differentiation, the weights do not. Values that overflowed the network's
    number format count as zero: a dream may stand still, it never breaks.
    """
    with torch.enable_grad():
        seen = picture.detach().to(network.mean.dtype, memory_format=torch.channels_last, copy=True).requires_grad_()
        activations = network(seen, layers)
        scale = _scale(activations)
        (result,) = torch.autograd.grad(energy(activations) / scale, seen)
    return result.float().mul_(scale).nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0)


def _scale(activations: Sequence[Tensor]) -> Tensor | float:
    """By what to divide the energy so that float16, which ends at 65504, holds its gradient all the way back."""
    if activations[0].dtype != torch.float16:
        return 1.0
    peak = torch.stack([activation.detach().abs().amax() for activation in activations]).amax()
    return 16 * peak.float().clamp_min(_SMALLEST)


def climb(picture: Tensor, gradient: Tensor, step: float, clip: bool) -> None:
    """Move ``picture`` along ``gradient`` in place, by ``step``/255 of the 0..1 range on average.

    The average is that of |gradient| over all pixels and channels. ``clip`` keeps the picture in 0..1.
    """
    mean = gradient.abs().mean().clamp_min_(_SMALLEST)
    picture.addcmul_(gradient, (step / 255) / mean)
    if clip:
        picture.clamp_(0, 1)
