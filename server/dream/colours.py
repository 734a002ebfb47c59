"""Colours: whose they are, the dream's or the picture's.

All of it happens in display-encoded values, in which the dream was dreamed and in which an eye judges colours.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Rec. ITU-R BT.709, whose primaries sRGB has; BT.601's weights are those of older screens.
LUMA = (0.2126, 0.7152, 0.0722)
# The variance of one 8-bit level: what varies less has no colour worth matching.
_UNSEEN = (1 / 255) ** 2
# Rows worked on at once: float64 of them all would be twice the picture.
_ROWS = 256


def achromatic(dreamed: Tensor, picture: Tensor) -> Tensor:
    """``picture`` made lighter and darker as ``dreamed`` is: the luma of the one, the chroma of the other.

    Both NxCxHxW, three channels. The difference in luma is added to every channel alike, which leaves both colour
    differences of Y'CbCr what they were.
    """
    luma = torch.einsum("c,nchw->nhw", dreamed.new_tensor(LUMA), dreamed - picture)
    return picture + luma[:, None]


def matched(dreamed: Tensor, picture: Tensor, weight: Tensor | None = None) -> Tensor:
    """``dreamed`` with the mean and the covariance of the colours of ``picture``, both 1x3xHxW.

    The linear map of Monge and Kantorovich ("The linear Monge-Kantorovitch linear colour mapping for example-based
    colour transfer", Pitié and Kokaram, 2007): of all maps that do it, the one that moves colours least.
    weight: 1x1xHxW, at least 0, how much each pixel counts and how far it is moved; None: all alike. Directions in
    which colours hardly vary, as those of a grey picture, are left as they are: the map stays finite.
    """
    mean, covariance = _moments(dreamed, weight)
    wanted_mean, wanted = _moments(picture, weight)
    least = _UNSEEN * torch.eye(3, dtype=torch.float64, device=covariance.device)
    change = _transport(covariance + least, wanted + least) - torch.eye(3, dtype=torch.float64, device=least.device)
    offset = wanted_mean - mean - change @ mean
    move = torch.einsum("dc,nchw->ndhw", change.float(), dreamed).add_(offset.float().view(1, 3, 1, 1))
    return dreamed + (move if weight is None else move * weight)


def _moments(picture: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor]:
    """The mean (3) and the covariance (3x3) of the colours, float64; zeros where nothing counts."""
    total = torch.zeros((), dtype=torch.float64, device=picture.device)
    first, second = total.new_zeros(3), total.new_zeros(3, 3)
    for top in range(0, picture.shape[2], _ROWS):
        colours = picture[0, :, top : top + _ROWS].flatten(1).double()
        counts = colours.new_ones(1, colours.shape[1])
        if weight is not None:
            counts = weight[0, :, top : top + _ROWS].flatten(1).double()
        weighed = colours * counts
        total += counts.sum()
        first += weighed.sum(1)
        second += weighed @ colours.T
    total.clamp_(min=1e-30)
    mean = first / total
    return mean, second / total - torch.outer(mean, mean)


def _transport(source: Tensor, target: Tensor) -> Tensor:
    """The symmetric T with T · source · T = target, for positive definite 3x3 matrices."""
    root = _power(source, 0.5)
    inverse = _power(source, -0.5)
    return inverse @ _power(root @ target @ root, 0.5) @ inverse


def _power(matrix: Tensor, exponent: float) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp_min(1e-30) ** exponent) @ vectors.T
