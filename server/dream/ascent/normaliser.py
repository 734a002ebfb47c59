"""How large a gradient is: what it is divided by before a step."""

from __future__ import annotations

import torch
from torch import Tensor

# Keeps a gradient of nothing but zeros from dividing by zero; real ones lie far above it.
_SMALLEST = 1e-30
# And one that is the same everywhere from dividing by a deviation that is only rounding, as a share of its size.
_LEAST_DEVIATION = 0.01


def measure(gradient: Tensor, how: str, mask: Tensor | None = None) -> Tensor:
    """How large each of ``gradient`` (NxCxHxW) is, over all pixels and channels: Nx1x1x1, above 0.

    how: "mean", that of |g|, as google/deepdream; "deviation", the standard deviation, as TensorFlow's tutorial;
        "standard", the same, of a gradient that `centre` has been through.
    mask: Nx1xHxW or 1x1xHxW, 0..1: how much each place counts, so that a dream confined to a part is as strong there.
    """
    if mask is None:
        size = torch.linalg.vector_norm(gradient, 1, (1, 2, 3), keepdim=True).div_(gradient[0].numel())
        if how != "mean":
            size = torch.maximum(gradient.std((1, 2, 3), correction=0, keepdim=True), size.mul_(_LEAST_DEVIATION))
        return size.clamp_min_(_SMALLEST)
    weight = gradient.shape[1] * mask.sum((1, 2, 3), keepdim=True).clamp_min_(_SMALLEST)
    size = (gradient * mask).abs_().sum((1, 2, 3), keepdim=True).div_(weight)
    if how != "mean":
        off = gradient - _mean(gradient, mask)
        deviation = off.square_().mul_(mask).sum((1, 2, 3), keepdim=True).div_(weight).sqrt_()
        size = torch.maximum(deviation, size.mul_(_LEAST_DEVIATION))
    return size.clamp_min_(_SMALLEST)


def centre(gradient: Tensor, mask: Tensor | None = None) -> Tensor:
    """``gradient`` less its mean, in place: a step along it makes the picture no lighter (pytorch-deepdream)."""
    return gradient.sub_(_mean(gradient, mask))


def _mean(gradient: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return gradient.mean((1, 2, 3), keepdim=True)
    weight = gradient.shape[1] * mask.sum((1, 2, 3), keepdim=True).clamp_min_(_SMALLEST)
    return (gradient * mask).sum((1, 2, 3), keepdim=True).div_(weight)
