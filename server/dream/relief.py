"""Reliefs: normal maps as a network can see them, and dreams pressed into them.

A normal map stores unit vectors n as (n + 1) / 2: x to the right, y up (the convention of OpenGL and Blender;
DirectX's points down), z out of the surface.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .wrap import Wrap

# How high a dream stands out, in pixels for each unit of the 0..1 that its lightness spans.
DEPTH = 8.0


def shaded(normals: Tensor) -> Tensor:
    """The relief of ``normals`` (Nx3xHxW, 0..1) as light from the upper left shows it: grey, Nx3xHxW, 0..1.

    A plane is middle grey, what faces the light is lighter and what turns from it darker: the slope towards the
    light alone, which needs no shadow and so never clips.
    """
    grey = 0.5 + (normals[:, 1:2] - normals[:, :1]) / math.sqrt(2)
    return grey.clamp_(0.0, 1.0).expand_as(normals)


def pressed(normals: Tensor, height: Tensor, wrap: Wrap) -> Tensor:
    """``normals`` (Nx3xHxW, 0..1) with ``height`` (Nx1xHxW, in pixels, outward) raised on their surface.

    The slopes of both heights add up, so what was there is kept under what is new. Vectors that turn are unit
    vectors afterwards; where ``height`` is level, every bit stays. Vectors that point into the surface stay.
    """
    around = wrap.pad(height, 1)
    along_x = (around[..., 1:-1, 2:] - around[..., 1:-1, :-2]) / 2
    along_y = (around[..., :-2, 1:-1] - around[..., 2:, 1:-1]) / 2
    vectors = 2 * normals - 1
    outward = vectors[:, 2:].clamp_min(0.0)
    turned = torch.cat([vectors[:, :1] - outward * along_x, vectors[:, 1:2] - outward * along_y, vectors[:, 2:]], 1)
    length = torch.linalg.vector_norm(turned, dim=1, keepdim=True)
    turns = ((along_x != 0) | (along_y != 0)) & (outward > 0)
    return torch.where(turns, turned / length * 0.5 + 0.5, normals)
