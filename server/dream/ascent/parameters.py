"""Parameters: the numbers that a picture is made of, and that a step changes.

Both kinds say how a slope by the picture becomes a slope by them, and how a change of them changes the picture. The
picture itself remains the only state: whatever it looks like, both can go on from it.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from ..octaves import Size
from ..spectrum import mix_colours, radial_frequencies, unmix_colours

# Pixels nearer to black or white than this move as easily as those at it: at the very end of a sigmoid they could not
# move at all.
_MARGIN = 0.05
# lucid's learning rate, 0.05, is to Adam on Fourier coefficients what our usual step of 1.5 is to pixels.
_STEPS_PER_RATE = 30


class Parameters(Protocol):
    """``picture`` and ``slope`` are NxCxHxW; ``change`` is of whatever form `gradient` gives."""

    def gradient(self, picture: Tensor, slope: Tensor, mask: Tensor | None) -> Tensor:
        """The slope by the parameters, of a slope by the picture, which ``mask`` may hold in places."""
        ...

    def effect(self, picture: Tensor, change: Tensor) -> Tensor:
        """What a small ``change`` of the parameters does to the picture, to first order."""
        ...

    def move(self, picture: Tensor, change: Tensor, rate: Tensor, mask: Tensor | None) -> None:
        """Change the parameters by ``rate`` × ``change`` and with them the picture, in place; ``mask`` scales it."""
        ...

    def learning_rate(self, step: float) -> float:
        """What the setting ``step`` means to Adam."""
        ...


class Pixels:
    """The pixels themselves."""

    def gradient(self, picture: Tensor, slope: Tensor, mask: Tensor | None) -> Tensor:
        """The slope itself: what a pixel does is held when it moves."""
        return slope

    def effect(self, picture: Tensor, change: Tensor) -> Tensor:
        """The change itself."""
        return change

    def move(self, picture: Tensor, change: Tensor, rate: Tensor, mask: Tensor | None) -> None:
        """Add the change."""
        picture.addcmul_(change, rate if mask is None else rate * mask)

    def learning_rate(self, step: float) -> float:
        """1/255 of the range for a step of 1."""
        return step / 255


class Fourier:
    """Coefficients of waves in uncorrelated colours, each scaled by its wavelength, seen through a sigmoid.

    picture = σ(colours · waves · scale · c), of "Differentiable Image Parameterizations" (Mordvintsev, Pezzotti,
    Schubert and Olah 2018) and lucid. The waves close on themselves whether the picture does or not. A slope by c is
    one by the coefficients of an orthonormal basis, of which `torch.fft.rfft2` keeps half.
    """

    def __init__(self, size: Size, device: torch.device) -> None:
        self._size = size
        self._scale = radial_frequencies(*size).clamp_min_(1 / max(size)).reciprocal_().to(device)

    def gradient(self, picture: Tensor, slope: Tensor, mask: Tensor | None) -> Tensor:
        """The slope by c: Nx3xHx(W//2+1), complex."""
        steep = slope * _steepness(picture)
        if mask is not None:
            steep.mul_(mask)
        return torch.fft.rfft2(unmix_colours(steep), norm="ortho").mul_(self._scale)

    def effect(self, picture: Tensor, change: Tensor) -> Tensor:
        """The change seen through the tangent of the sigmoid."""
        return self._seen(change).mul_(_steepness(picture))

    def move(self, picture: Tensor, change: Tensor, rate: Tensor, mask: Tensor | None) -> None:
        """Add to the picture by how much the sigmoid rises."""
        before = _within(picture).logit_()
        moved = torch.addcmul(before, self._seen(change), rate).sigmoid_().sub_(before.sigmoid_())
        picture.add_(moved if mask is None else moved.mul_(mask))

    def learning_rate(self, step: float) -> float:
        """lucid's 0.05 for a step of 1.5."""
        return step / _STEPS_PER_RATE

    def _seen(self, change: Tensor) -> Tensor:
        return mix_colours(torch.fft.irfft2(change * self._scale, s=self._size, norm="ortho"))


def _within(picture: Tensor) -> Tensor:
    return picture.clamp(_MARGIN, 1 - _MARGIN)


def _steepness(picture: Tensor) -> Tensor:
    """The slope of the sigmoid where it gives the picture."""
    within = _within(picture)
    return within.mul_(1 - within)
