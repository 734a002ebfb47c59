"""Edges along which one thing slides before another.

A network sees an edge in the picture and draws it stronger, on both sides. What is drawn so on the far side belongs
to no surface: once the near one has moved on it would stand there as its outline. So it is not held to.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .scene import Scene, shifted

# How far an edge is drawn over, in pixels,
_REACH = 2
# and by how much the motions of its sides differ at least, in pixels a frame.
_SLIDES = 0.25


def sliding(scene: Scene, surfaces: Tensor) -> Tensor:
    """The pixels on the far side of such edges, HxW bool; on both sides where nobody knows which is nearer."""
    slides = torch.zeros_like(surfaces, dtype=torch.bool)
    if scene.back is None:
        return slides
    for axis in (-1, -2):
        for step in (*range(-_REACH, 0), *range(1, _REACH + 1)):
            other = shifted(surfaces, axis, step, 0) != surfaces
            apart = torch.linalg.vector_norm(shifted(scene.back, axis, step, 0.0) - scene.back, dim=0) > _SLIDES
            before = other & apart
            if scene.depth is not None:
                before &= shifted(scene.depth, axis, step, torch.inf) < scene.depth
            # What comes round the picture's edge is no neighbour.
            slides |= before & shifted(torch.ones_like(slides), axis, step, False)
    return slides
