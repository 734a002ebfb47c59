"""Parameters: the numbers that a picture is made of, and that a step changes.

Both kinds say how a slope by the picture becomes a slope by them, and how a change of them changes the picture.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from ..spectrum import mix_colours, radial_frequencies, unmix_colours

# Pixels that begin nearer to black or white than this begin as if they were at it: at the very end of a sigmoid they
# could not move at all.
_MARGIN = 0.05
# lucid's learning rate, 0.05, is to Adam on Fourier coefficients what our usual step of 1.5 is to pixels.
_STEPS_PER_RATE = 30


class Parameters(Protocol):
    """What ``picture``, NxCxHxW, is made of. ``change`` is of whatever form `gradient` gives."""

    picture: Tensor

    def gradient(self, slope: Tensor) -> Tensor:
        """The slope by the parameters, of a slope by the picture."""
        ...

    def effect(self, change: Tensor) -> Tensor:
        """What a small ``change`` of the parameters does to the picture, to first order and where nothing is masked."""
        ...

    def move(self, change: Tensor, rate: Tensor) -> None:
        """Change the parameters by ``rate`` × ``change`` and with them the picture, in place."""
        ...

    def settle(self) -> None:
        """Begin anew from the picture, which something else has changed."""
        ...

    def learning_rate(self, step: float) -> float:
        """What the setting ``step`` means to Adam."""
        ...


class Pixels:
    """The pixels themselves. ``mask`` scales how they move."""

    def __init__(self, picture: Tensor, mask: Tensor | None = None) -> None:
        self.picture = picture
        self._mask = mask

    def gradient(self, slope: Tensor) -> Tensor:
        """The slope itself."""
        return slope

    def effect(self, change: Tensor) -> Tensor:
        """The change itself."""
        return change

    def move(self, change: Tensor, rate: Tensor) -> None:
        """Add the change."""
        self.picture.addcmul_(change, rate if self._mask is None else rate * self._mask)

    def settle(self) -> None:
        """Nothing is remembered."""

    def learning_rate(self, step: float) -> float:
        """1/255 of the range for a step of 1."""
        return step / 255


class Fourier:
    """Coefficients c of waves in uncorrelated colours, each scaled by its wavelength, seen through a sigmoid.

    z = colours · waves · scale · c, picture = σ(z), of "Differentiable Image Parameterizations" (Mordvintsev, Pezzotti,
    Schubert and Olah 2018) and lucid. The waves close on themselves whether the picture does or not. A slope by c is
    one by the coefficients of an orthonormal basis, of which `torch.fft.rfft2` keeps half.

    So that any picture is shown exactly to begin with, it is the rise of the sigmoid that is added to it: picture at
    first + mask · (σ(z) − σ(z at first)). Only z is kept, for c itself is never asked for.
    """

    def __init__(self, picture: Tensor, mask: Tensor | None = None) -> None:
        self.picture = picture
        self._mask = mask
        self._size = (picture.shape[-2], picture.shape[-1])
        scale = radial_frequencies(*self._size).clamp_min_(1 / max(self._size)).reciprocal_()
        self._scale = scale.to(picture.device)
        self.settle()

    def gradient(self, slope: Tensor) -> Tensor:
        """The slope by c: Nx3xHx(W//2+1), complex."""
        steep = slope * self._steepness()
        if self._mask is not None:
            steep.mul_(self._mask)
        return torch.fft.rfft2(unmix_colours(steep), norm="ortho").mul_(self._scale)

    def effect(self, change: Tensor) -> Tensor:
        """The change seen through the tangent of the sigmoid."""
        return self._seen(change).mul_(self._steepness())

    def move(self, change: Tensor, rate: Tensor) -> None:
        """Show z moved."""
        self._z.addcmul_(self._seen(change), rate)
        risen = self._z.sigmoid().sub_(self._first_shown)
        torch.add(self._first, risen if self._mask is None else risen.mul_(self._mask), out=self.picture)

    def settle(self) -> None:
        """Take the picture as it is for the first."""
        self._first = self.picture.clone()
        self._z = self.picture.clamp(_MARGIN, 1 - _MARGIN).logit_()
        self._first_shown = self._z.sigmoid()

    def learning_rate(self, step: float) -> float:
        """lucid's 0.05 for a step of 1.5."""
        return step / _STEPS_PER_RATE

    def _seen(self, change: Tensor) -> Tensor:
        return mix_colours(torch.fft.irfft2(change * self._scale, s=self._size, norm="ortho"))

    def _steepness(self) -> Tensor:
        shown = self._z.sigmoid()
        return shown.mul_(1 - shown)
