"""The ascent on one octave: how a picture is looked at, and how it follows the slope.

The defaults are `make_step` of google/deepdream.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ...shared.settings import DreamSettings
from .tiles import Shift
from .wrap import Wrap

# Keeps a gradient of nothing but zeros from dividing by zero; real ones lie far above it.
_SMALLEST = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """One look at the picture under way: ``picture`` rolled by ``shift`` is what the network is to see."""

    picture: Tensor
    shift: Shift


class Ascent:
    """Climbs on one octave.

    base: the picture at this size, NxCxHxW. picture: what is dreamed on, changed in place.
    mask: Nx1xHxW in 0..1, how much each place may change; None: all of it. iteration: steps done.
    """

    def __init__(
        self,
        base: Tensor,
        picture: Tensor,
        settings: DreamSettings,
        generator: Generator,
        mask: Tensor | None = None,
    ) -> None:
        self.base = base
        self.picture = picture
        self.iteration = 0
        self._settings = settings
        self._generator = generator
        self._mask = mask
        self._wrap = Wrap.of(settings.seamless)

    def glance(self) -> Glance:
        """The next look at the picture: shifted by chance."""
        return Glance(self.picture, draw_shift(self._generator, self._settings.jitter))

    def climb(self, slope: Tensor, glance: Glance) -> None:
        """Follow ``slope``, the gradient by the picture of ``glance``; it may be overwritten."""
        climb(self.picture, slope, self._settings.step, self._settings.clip)
        self.iteration += 1


def draw_shift(generator: Generator, jitter: int) -> Shift:
    """Two whole numbers in −jitter..jitter: how far to roll (down, right).

    ``generator`` lives on the CPU, so every device draws the same. As in the notebook, x is drawn before y.
    """
    x, y = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
    return y, x


def climb(picture: Tensor, gradient: Tensor, step: float, clip: bool) -> None:
    """Move each of ``picture`` (NxCxHxW) along its ``gradient`` in place, by ``step``/255 of the 0..1 range on average.

    The average is that of |gradient| over all pixels and channels. ``clip`` keeps the picture in 0..1.
    """
    mean = torch.linalg.vector_norm(gradient, 1, (1, 2, 3), keepdim=True).div_(gradient[0].numel())
    picture.addcmul_(gradient, (step / 255) / mean.clamp_min_(_SMALLEST))
    if clip:
        picture.clamp_(0, 1)
