"""Between the values a picture stores and the 0..1 a network was trained on."""

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
        return self._bend(self.curved(values))

    def decode(self, display: Tensor) -> Tensor:
        """The inverse of `encode` on 0..1."""
        return self.uncurved(self._unbend(display))

    def change(self, display: Tensor, detail: Tensor) -> Tensor:
        """By how much stored values change when ``detail`` is added to their display values; 0 exactly where it is 0.

        Below the knee this is decode(display + detail) − decode(display). On the shoulder, where that would make
        suns of small details (the top tenth of 0..1 may hold a factor of 10⁴), the picture is taken as tone-mapped
        and the value changes in the proportion in which the tone-mapped one does.
        """
        before = self.uncurved(display)
        change = self.uncurved(display + detail) - before
        if self.peak <= 1.0:
            return change
        return torch.where(display > KNEE, change * (self.decode(display) / before), change)

    def curved(self, values: Tensor) -> Tensor:
        """Stored values as a screen takes them, unbent: above 1 where they are too bright for it."""
        return to_srgb(values) if self.linear else values

    def uncurved(self, display: Tensor) -> Tensor:
        """The inverse of `curved`."""
        return to_linear(display) if self.linear else display

    def _bend(self, shown: Tensor) -> Tensor:
        rate = self._rate()
        if rate == 0.0:
            return shown
        room = 1.0 - KNEE
        above = (shown.clamp(min=KNEE) - KNEE) / room
        return torch.where(shown > KNEE, KNEE + room / rate * torch.log1p(rate * above), shown).clamp(max=1.0)

    def _unbend(self, display: Tensor) -> Tensor:
        rate = self._rate()
        if rate == 0.0:
            return display
        room = 1.0 - KNEE
        above = (display.clamp(KNEE, 1.0) - KNEE) / room
        return torch.where(display > KNEE, KNEE + room / rate * torch.expm1(rate * above), display)

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
