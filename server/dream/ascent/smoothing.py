"""Smoothing of the gradient before a step."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..blur import gaussian_blur
from ..wrap import Wrap, stretch

_BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)
# The kernels of pytorch-deepdream: how wide against one another, how far they reach at least, how much wider they have
# grown by the last step.
_CASCADE = (0.5, 1.0, 2.0)
_REACH = 4
_GROWTH = 2.0
# A band this faint, of a gradient about 1 in size, is rounding and stays faint.
_FAINT = 1e-5


def laplacian(gradient: Tensor, bands: int, wrap: Wrap) -> Tensor:
    """``gradient`` (NxCxHxW, about 1 in size) with all scales of detail made equally strong.

    It is split into a Laplacian pyramid of ``bands`` bands and a rest, each divided by its root mean square, and put
    together again: `lap_normalize` of TensorFlow's first DeepDream tutorial. Beyond an edge that does not wrap all is
    zero, as there.
    """
    if bands == 0:
        return _to_unit(gradient)
    low = _halve(gradient, wrap)
    detail = gradient - _double(low, gradient.shape, wrap)
    return _double(laplacian(low, bands - 1, wrap), gradient.shape, wrap).add_(_to_unit(detail))


def gaussian(gradient: Tensor, smoothness: float, progress: float, wrap: Wrap) -> Tensor:
    """The mean of ``gradient`` (NxCxHxW) blurred by three Gaussians of ½, 1 and 2 × σ = smoothness + 2 × progress.

    smoothness: in pixels. progress: how many of the octave's steps are done after this one, as a share.
    `CascadeGaussianSmoothing` of pytorch-deepdream, whose kernels end after 4 pixels however wide they are; so do
    these up to a smoothness of 1, after which they reach farther. It mirrors the picture at its edges, here the
    border is repeated.
    """
    sigma = smoothness + _GROWTH * progress
    radius = max(_REACH, math.ceil(_REACH * smoothness))
    return gaussian_blur(gradient, [share * sigma for share in _CASCADE], radius, wrap)


def _to_unit(band: Tensor) -> Tensor:
    size = torch.linalg.vector_norm(band, 2, (1, 2, 3), keepdim=True).div_(math.sqrt(band[0].numel()))
    return band / size.clamp_min_(_FAINT)


def _halve(picture: Tensor, wrap: Wrap) -> Tensor:
    """Blurred and every other pixel of it, the centres as TensorFlow's "SAME" padding puts them."""
    for axis in (-2, -1):
        before, after = _context(picture.shape[axis])
        picture = _extend(picture, axis, before, after, wrap)
        picture = _filter(picture, axis, stride=2)
    return picture


def _double(low: Tensor, shape: torch.Size, wrap: Wrap) -> Tensor:
    """The adjoint of `_halve`, × 4: ``low`` spread out over the pixels it was made from."""
    for axis in (-2, -1):
        length = shape[axis]
        spread = _spread(low, axis, length, wrap)
        if wrap.along(axis) and length % 2:
            # Every other pixel of an odd round are two neighbours somewhere: what both reach would count double.
            ones = low.new_ones((1, 1, 1, low.shape[-1]) if axis == -1 else (1, 1, low.shape[-2], 1))
            spread = spread.div_(_spread(ones, axis, length, wrap))
        low = spread
    return low


def _spread(low: Tensor, axis: int, length: int, wrap: Wrap) -> Tensor:
    shape = list(low.shape)
    shape[axis] = length
    spread = low.new_zeros(shape)
    offset = 2 - _context(length)[0]
    spread.narrow(axis, offset, length - offset).unfold(axis, 1, 2).copy_(low.unsqueeze(-1))
    return _filter(_extend(spread, axis, 2, 2, wrap), axis, stride=1).mul_(2)


def _context(length: int) -> tuple[int, int]:
    return (1, 2) if length % 2 == 0 else (2, 2)


def _extend(picture: Tensor, axis: int, before: int, after: int, wrap: Wrap) -> Tensor:
    if wrap.along(axis):
        return stretch(picture, axis, -before, picture.shape[axis] + after)
    return F.pad(picture, (before, after) if axis == -1 else (0, 0, before, after))


def _filter(picture: Tensor, axis: int, stride: int) -> Tensor:
    channels = picture.shape[1]
    kernel = picture.new_tensor(_BINOMIAL).div_(16).view((1, 1, 1, 5) if axis == -1 else (1, 1, 5, 1))
    steps = (1, stride) if axis == -1 else (stride, 1)
    return F.conv2d(picture, kernel.expand(channels, -1, -1, -1), stride=steps, groups=channels)
