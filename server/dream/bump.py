"""Bump: a nudge between octaves, so that a dream that has settled moves on."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ...shared.settings import DreamSettings
from .noise import coloured_noise
from .octaves import Size
from .wrap import Wrap, stretch


def bump(picture: Tensor, rest: Tensor, settings: DreamSettings, generator: Generator, mask: Tensor | None) -> None:
    """Change what was dreamed, ``picture`` (NxCxHxW) less ``rest``, in place; ``mask`` scales the change.

    ``settings.bump`` says how, ``settings.bump_amount``, 0..1, how much: "noise" adds pink noise, the amount being its
    standard deviation; "twist" turns what was dreamed about the middle, there by the amount × 180°, outwards by ever
    less; "shift" moves it aside by the amount × the shorter side.
    """
    kind, amount, wrap = settings.bump, settings.bump_amount, Wrap.of(settings.seamless)
    size = (picture.shape[-2], picture.shape[-1])
    if kind == "noise":
        change = coloured_noise("pink", picture.shape[0], size, generator).mul_(amount).to(picture.device)
    elif kind == "twist":
        dreamed = picture - rest
        change = _twist(dreamed, amount * math.pi).sub_(dreamed)
    elif kind == "shift":
        dreamed = picture - rest
        change = _move(dreamed, *_aside(size, amount, generator), wrap).sub_(dreamed)
    else:
        return
    picture.add_(change if mask is None else change.mul_(mask))


def _twist(dreamed: Tensor, angle: float) -> Tensor:
    """Turned by ``angle`` in the middle, by nothing at the circle that touches the nearest edges and outside it.

    So it crosses no edge, and it makes no difference whether the edges meet.
    """
    height, width = dreamed.shape[-2:]
    down = torch.arange(height, dtype=torch.float32, device=dreamed.device)[:, None] - (height - 1) / 2
    right = torch.arange(width, dtype=torch.float32, device=dreamed.device)[None] - (width - 1) / 2
    radius = max((min(height, width) - 1) / 2, 1)
    fade = (1 - torch.hypot(down, right) / radius).clamp_min_(0).square_()
    cosine, sine = torch.cos(angle * fade), torch.sin(angle * fade)
    rows = (cosine * down + sine * right) * (2 / max(height - 1, 1))
    columns = (cosine * right - sine * down) * (2 / max(width - 1, 1))
    grid = torch.stack([columns, rows], -1).expand(dreamed.shape[0], -1, -1, -1)
    return F.grid_sample(dreamed, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _aside(size: Size, amount: float, generator: Generator) -> Size:
    """(down, right) in whole pixels, in a direction by chance."""
    direction = 2 * math.pi * float(torch.rand((), generator=generator, dtype=torch.float64))
    distance = amount * min(size)
    return round(distance * math.sin(direction)), round(distance * math.cos(direction))


def _move(dreamed: Tensor, down: int, right: int, wrap: Wrap) -> Tensor:
    """Moved round the edges where they meet; where not, what leaves is gone and nothing comes in."""
    for axis, by in ((-2, down), (-1, right)):
        length = dreamed.shape[axis]
        if wrap.along(axis):
            dreamed = stretch(dreamed, axis, -by, length - by)
        else:
            dreamed = F.pad(dreamed, (by, -by) if axis == -1 else (0, 0, by, -by))
    return dreamed
