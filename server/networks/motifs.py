"""The motifs of the network `ornament`: how lines run in a ring, a spiral, a star, a feather, a wave.

Cells of the visual area V4 answer to such shapes (Gallant, Braun and Van Essen 1993). A motif gives every place
around its centre the direction and the curvature of the line it wants there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .filters import coordinates, gaussian, turned

Axes = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Motif:
    """What a motif wants at each place of its window; all maps are (size, size).

    direction: of the line, radians. curvature: its turning along that direction, radians a pixel.
    weight: how much the place matters, 0..1. core: the radius of its middle in pixels. gain: how easily it wins
    against the others. home: the tint of the picture it prefers, along `ornament.AXES`.
    """

    direction: Tensor
    curvature: Tensor
    weight: Tensor
    core: float
    gain: float
    home: Axes


def motifs(size: int, spacing: float) -> list[Motif]:
    """All motifs on a window of ``size`` taps, ``spacing`` pixels apart.

    The gains were set by eye so that none crowds out the others; the homes so that bright, dark, warm and cold
    parts of a picture grow ornaments of their own.
    """
    x, y = coordinates(size, spacing)
    return [*_rings(x, y), *_whirls(x, y), *_feathers(x, y), *_waves(x, y)]


def _rings(x: Tensor, y: Tensor) -> Iterator[Motif]:
    radius, around = _polar(x, y)
    for ring in (8.0, 14.0):
        yield Motif(around, _bend(radius, 0.0), gaussian((radius - ring).square(), 3.5), ring, 0.78, (0.3, 0.3, 0.08))


def _whirls(x: Tensor, y: Tensor) -> Iterator[Motif]:
    """Spirals of both hands, from nearly a ring to nearly a star."""
    radius, around = _polar(x, y)
    weight = gaussian((radius - 11.0).square(), 6.0)
    for pitch in (0.4, -0.4, 0.8, -0.8, 1.25, -1.25):
        yield Motif(around + pitch, _bend(radius, pitch), weight, 7.0, 0.92, (0.3, -0.4, 0.0))


def _feathers(x: Tensor, y: Tensor) -> Iterator[Motif]:
    """Barbs that leave a shaft on both sides, the shaft in eight directions."""
    weight = gaussian(x.square() + y.square(), 10.0)
    for k in range(8):
        angle = k * math.pi / 4
        _, across = turned(x, y, angle)
        barbs = across.sign() * 0.8 * (1 - gaussian(across.square(), 3.0))
        yield Motif(angle + barbs, torch.zeros_like(x), weight, 6.0, 1.08, (-0.06, 0.3, -0.08))


def _waves(x: Tensor, y: Tensor) -> Iterator[Motif]:
    """One S in four directions, on its slope and on its crest."""
    height, length = 5.0, 6.0
    for k in range(8):
        angle, shift = k % 4 * math.pi / 4, k // 4 * math.pi / 2
        along, across = turned(x, y, angle)
        phase = along / length + shift
        weight = gaussian((across - height * phase.sin()).square(), 4.0) * gaussian(along.square(), 12.0)
        direction = angle + torch.atan(height / length * phase.cos())
        yield Motif(direction, torch.zeros_like(x), weight, 5.0, 1.12, (0.0, -0.36, 0.12))


def _polar(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Distance from the centre, and the direction that runs around it."""
    return torch.hypot(x, y), torch.atan2(y, x) + math.pi / 2


def _bend(radius: Tensor, pitch: float) -> Tensor:
    """The curvature of a spiral that leaves the circle at the angle ``pitch``."""
    return math.cos(pitch) / radius.clamp(min=8.0)
