"""Pictures made of motifs: cut-outs set before a backdrop, patterns that fill the frame or dress a body."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from . import backdrops
from .raster import Array, Rng, blur, fractal, grid

# Pictures are composed larger and averaged down.
OVERSAMPLING = 2


def of_cutouts(rng: Rng, size: int, cutouts: list[Array], turn: float, hue: float) -> Array:
    """A picture of one motif or several, each any of ``cutouts`` (H×W×4, straight alpha); size × size × 3.

    Most often one fills much of the frame; sometimes more than that, sometimes several are seen small.
    """
    side = size * OVERSAMPLING
    picture = backdrops.view(rng, side)
    kind = rng.random()
    if kind < 0.55:
        scales, spread = [rng.uniform(0.7, 1.15)], 0.15
    elif kind < 0.78:
        scales, spread = [rng.uniform(1.15, 2.0)], 0.35
    else:
        scales, spread = sorted(rng.uniform(0.3, 0.62, rng.integers(2, 6))), 0.65
    for scale in scales:
        cutout = cutouts[rng.integers(len(cutouts))]
        cutout = np.dstack([_recoloured(rng, cutout[..., :3], hue), cutout[..., 3]])
        angle = np.radians(rng.uniform(-turn, turn))
        layer = _placed(cutout, side, scale, angle, rng.uniform(-spread, spread, 2), bool(rng.random() < 0.5))
        picture = _pasted(rng, picture, layer)
    return _finished(rng, picture, size)


def of_pattern(rng: Rng, size: int, pattern: Array, turn: float, hue: float) -> Array:
    """A picture that a pattern (H×W×3) fills, seen askew; now and then it dresses a body before a backdrop."""
    side = size * OVERSAMPLING
    pattern = _recoloured(rng, pattern, hue)
    # What has an up, as flames and skies have, dresses nothing.
    if turn > 90 and rng.random() < 0.15:
        picture = _dressed(rng, backdrops.view(rng, side), pattern)
    else:
        x, y = grid(side)
        angle, zoom = np.radians(rng.uniform(-turn, turn)), rng.uniform(0.45, 0.95)
        c, s = np.cos(angle) * zoom, np.sin(angle) * zoom
        # A plane tilted away from the eye, and a little rolling.
        tilt = 1 + rng.uniform(-0.22, 0.22) * x + rng.uniform(-0.22, 0.22) * y
        roll = rng.uniform(0, 0.07)
        x = (x + roll * fractal(rng, side, 3.0)) / tilt
        y = (y + roll * fractal(rng, side, 3.0)) / tilt
        picture = _seen(pattern, c * x + s * y, c * y - s * x)
        picture = picture * (1 + rng.uniform(0, 0.22) * fractal(rng, side, 2.5))[..., None]
    return _finished(rng, picture, size)


def _dressed(rng: Rng, backdrop: Array, pattern: Array) -> Array:
    """The pattern on a ball, with its light and its shadow."""
    side = len(backdrop)
    x, y = grid(side)
    radius = rng.uniform(0.6, 0.95)
    x, y = (x - rng.uniform(-0.25, 0.25)) / radius, (y - rng.uniform(-0.25, 0.25)) / radius
    squared = x * x + y * y
    z = np.sqrt(np.clip(1 - squared, 0, 1))
    reach = rng.uniform(0.5, 0.9) / (np.pi / 2)
    colour = _seen(pattern, np.arctan2(x, z + 1e-4) * reach, np.arcsin(np.clip(y, -1, 1)) * reach)
    around = rng.uniform(0, 2 * np.pi)
    lit = np.clip(0.6 * (np.cos(around) * x + np.sin(around) * y) + 0.75 * z, 0, 1)
    colour = colour * (0.3 + 0.85 * lit)[..., None] + 0.35 * (lit**40)[..., None]
    alpha = np.clip((1 - np.sqrt(squared)) * radius * side / 3 + 0.5, 0, 1)
    return _pasted(rng, backdrop, np.dstack([np.clip(colour, 0, 1) * alpha[..., None], alpha]))


def _placed(cutout: Array, side: int, scale: float, angle: float, centre: Array, mirrored: bool) -> Array:
    """The cut-out as a layer of side × side × 4, colours multiplied by alpha; at scale 1 it spans the frame."""
    layer = np.dstack([cutout[..., :3] * cutout[..., 3:], cutout[..., 3]])
    tensor = _tensor(layer)
    span = max(round(side * scale), 8)
    if span < min(tensor.shape[2:]):
        tensor = F.interpolate(tensor, size=(span, span), mode="area")
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    flip = -1.0 if mirrored else 1.0
    theta = torch.tensor([[[c * flip, s * flip, 0.0], [-s, c, 0.0]]], dtype=torch.float32)
    theta[0, :, 2] = -theta[0, :, :2] @ torch.tensor(centre, dtype=torch.float32)
    where = F.affine_grid(theta, [1, 4, side, side], align_corners=False)
    return _array(F.grid_sample(tensor, where, mode="bilinear", padding_mode="zeros", align_corners=False))


def _pasted(rng: Rng, picture: Array, layer: Array) -> Array:
    """``layer`` over ``picture``, with the shadow it throws on what is behind it."""
    side = len(picture)
    shadow = blur(layer[..., 3], rng.uniform(0.02, 0.07) * side)
    shadow = np.roll(shadow, rng.integers(-side // 16, side // 12, 2), (0, 1)) * rng.uniform(0.2, 0.75)
    behind = picture * (1 - np.clip(shadow, 0, 1))[..., None]
    return behind * (1 - layer[..., 3:]) + layer[..., :3]


def _seen(pattern: Array, x: Array, y: Array) -> Array:
    """The pattern at x and y, -1..1 from border to border, mirrored beyond."""
    where = torch.from_numpy(np.stack([x, y], -1).astype(np.float32))[None]
    tensor = _tensor(pattern)
    return _array(F.grid_sample(tensor, where, mode="bilinear", padding_mode="reflection", align_corners=False))


def _recoloured(rng: Rng, colour: Array, hue: float) -> Array:
    """Other hues by a turn around the grey axis, another saturation, gamma and brightness."""
    angle = 2 * np.pi * rng.uniform(-hue, hue)
    axis = np.full(3, 1 / np.sqrt(3))
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    turn = np.cos(angle) * np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * np.outer(axis, axis)
    saturation = rng.uniform(0.8, 1.25)
    matrix = (saturation * np.eye(3) + (1 - saturation) / 3) @ turn
    turned = np.clip(colour @ matrix.T.astype(np.float32), 0, 1)
    return (turned ** rng.uniform(0.8, 1.25) * rng.uniform(0.85, 1.1)).clip(0, 1).astype(np.float32)


def _finished(rng: Rng, picture: Array, size: int) -> Array:
    """Averaged down, with the light of the moment, and now and then a soft lens or grain."""
    x, y = grid(len(picture))
    falloff = 1 + rng.uniform(-0.18, 0.18) * x + rng.uniform(-0.18, 0.18) * y - rng.uniform(0, 0.15) * (x * x + y * y)
    tensor = _tensor(np.clip(picture * falloff[..., None], 0, 1))
    picture = _array(F.interpolate(tensor, size=(size, size), mode="area"))
    if rng.random() < 0.15:
        picture = blur(picture, rng.uniform(0.3, 0.8))
    if rng.random() < 0.2:
        picture = picture + rng.normal(0, rng.uniform(0.005, 0.025), picture.shape)
    contrast = rng.uniform(0.9, 1.15)
    return np.clip((picture - 0.5) * contrast + 0.5, 0, 1).astype(np.float32)


def _tensor(values: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1), np.float32))[None]


def _array(tensor: Tensor) -> Array:
    return tensor[0].permute(1, 2, 0).numpy()
