"""Seams: whether a picture repeated side by side shows where it meets itself."""

from __future__ import annotations

import math

from torch import Tensor


def seam_ratio(pictures: Tensor) -> tuple[float, float]:
    """The gradient energy at the joins of ``pictures`` (NxCxHxW) in their 3×3 tiling ÷ that elsewhere; its chance.

    Gradient energy: the mean squared difference between neighbours, over both axes and all pictures; 1 where no seam
    shows. The second number is the standard deviation of that ratio where there is no seam at all: the same measure
    taken at each of the lines within the pictures instead of at the joins.
    """
    energies = [_at_lines(pictures, axis) for axis in (-2, -1)]
    joins = sum(float(lines[-1]) for lines in energies) / 2
    inside = [lines[:-1] for lines in energies]
    elsewhere = sum(float(lines.mean()) for lines in inside) / 2
    chance = math.hypot(*(float(lines.std()) / 2 for lines in inside))
    return joins / elsewhere, chance / elsewhere


def _at_lines(pictures: Tensor, axis: int) -> Tensor:
    """The energy across each line between neighbours along ``axis``; the last is that from one tile to the next."""
    across = pictures.roll(-1, axis) - pictures
    return across.double().square().mean([other for other in range(4) if other != 4 + axis])
