"""An invertible way between the values a picture stores and the 0..1 a network was trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# Up to here (display-encoded) values stay as they are when a picture goes beyond 1; the rest is the shoulder's.
KNEE = 0.8
# Values beyond this are seen as this bright: brighter than the sun in any photograph, and safe in float32.
BRIGHTEST = 1e9


@dataclass(frozen=True, slots=True)
class Encoding:
    """Stored values to display-encoded 0..1 and back, elementwise, float32.

    linear: the stored values are scene-linear and take the sRGB curve (IEC 61966-2-1); otherwise they are taken
        as they are.
    peak: the largest value to tell apart. Above 1, display values over `KNEE` bend into a logarithmic shoulder
        which leaves the knee with slope 1 and reaches 1 at the peak; it nears a straight line as the peak
        nears 1, so a picture barely brighter than 1 is barely bent.
    """

    linear: bool
    peak: float = 1.0

    def encode(self, values: Tensor) -> Tensor:
        """Any values to 0..1; what lies below 0 or is not a number becomes 0, above the peak becomes 1."""
        values = values.nan_to_num(nan=0.0, posinf=self.peak, neginf=0.0).clamp(0.0, self.peak)
        return self._bend(to_srgb(values) if self.linear else values)

    def decode(self, display: Tensor) -> Tensor:
        """The inverse of `encode`; below 0 the curve is mirrored, above 1 it goes on unless it is bent."""
        shown = self.unbend(display)
        return to_linear(shown) if self.linear else shown

    def unbend(self, display: Tensor) -> Tensor:
        """Take the shoulder away: display-encoded still, bright values above 1 again, as a screen would clip them."""
        rate = self._rate()
        if rate == 0.0:
            return display
        room = 1.0 - KNEE
        above = (display.clamp(KNEE, 1.0) - KNEE) / room
        return torch.where(display > KNEE, KNEE + room / rate * torch.expm1(rate * above), display)

    def _bend(self, shown: Tensor) -> Tensor:
        rate = self._rate()
        if rate == 0.0:
            return shown
        room = 1.0 - KNEE
        above = (shown.clamp(min=KNEE) - KNEE) / room
        return torch.where(shown > KNEE, KNEE + room / rate * torch.log1p(rate * above), shown).clamp(max=1.0)

    def _rate(self) -> float:
        """The root a of log(1 + a·reach) = a: with it the shoulder has slope 1 at the knee and ends at 1."""
        if self.peak <= 1.0:
            return 0.0
        highest = 1.055 * self.peak ** (1 / 2.4) - 0.055 if self.linear else self.peak
        reach = (highest - KNEE) / (1.0 - KNEE)
        rate = reach
        # Newton from the right of the root of a convex function never oversteps it.
        for _ in range(64):
            rate -= (rate - math.log1p(rate * reach)) / (1.0 - reach / (1.0 + rate * reach))
        return rate


def to_srgb(linear: Tensor) -> Tensor:
    """Scene-linear values to display-encoded ones; the curve goes on above 1 and is mirrored below 0."""
    size = linear.abs()
    curve = torch.where(size <= 0.0031308, 12.92 * size, 1.055 * size ** (1 / 2.4) - 0.055)
    return curve.copysign(linear)


def to_linear(display: Tensor) -> Tensor:
    """The inverse of `to_srgb`."""
    size = display.abs()
    curve = torch.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return curve.copysign(display)
