"""Regularisers: what holds a dream back.

All act on what was dreamed, the picture less what it was before, so that they never soften the picture itself.
"""

from __future__ import annotations

from torch import Tensor

from ..blur import gaussian_blur, reach
from ..wrap import Wrap
from .normaliser import measure

# The mean size of the gradient of the total variation of noise.
_IN_NOISE = 1.8


def total_variation_slope(dreamed: Tensor, smallest: float, wrap: Wrap) -> Tensor:
    """The gradient of the total variation of ``dreamed`` (NxCxHxW), Σ √(across² + down² + smallest²), over 1.8.

    across, down: differences to the next pixel; none across an edge that does not wrap. smallest: a difference that
    counts as little. Rudin, Osher and Fatemi 1992, each channel on its own. In noise much stronger than ``smallest``
    the mean of its size is 1, therefore the 1.8; where all is even it is 0.
    """
    across, down = _difference(dreamed, -1, wrap), _difference(dreamed, -2, wrap)
    length = (across.square() + down.square()).add_(smallest**2).sqrt_()
    return _divergence(across.div_(length), -1).add_(_divergence(down.div_(length), -2)).div_(-_IN_NOISE)


def pull_slope(dreamed: Tensor, step: float, mask: Tensor | None = None) -> Tensor:
    """The gradient of ½·Σ dreamed², in such units that the mean of its size is 1.

    Of dreams that have moved less than one ``step`` (in 1/255), it is as much less: no step overshoots.
    """
    return dreamed / measure(dreamed, "mean", mask).clamp_min_(step / 255)


def soften(picture: Tensor, rest: Tensor, sigma: float, wrap: Wrap, mask: Tensor | None) -> None:
    """Blur what was dreamed, ``picture`` less ``rest``, by a Gaussian of ``sigma`` pixels; in place."""
    dreamed = picture - rest
    change = gaussian_blur(dreamed, [sigma], reach(sigma), wrap).sub(dreamed)
    picture.add_(change if mask is None else change.mul_(mask))


def _difference(values: Tensor, axis: int, wrap: Wrap) -> Tensor:
    following = values.roll(-1, axis).sub_(values)
    if not wrap.along(axis):
        following.narrow(axis, -1, 1).zero_()
    return following


def _divergence(flow: Tensor, axis: int) -> Tensor:
    """The adjoint of `_difference`, negated; what flows across an edge that does not wrap is zero already."""
    return flow - flow.roll(1, axis)
