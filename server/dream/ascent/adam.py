"""Adam: every parameter at its own pace."""

from __future__ import annotations

import torch
from torch import Tensor

_FIRST, _SECOND = 0.9, 0.999
_EPSILON = 1e-8


class Adam:
    """Kingma and Ba 2015, climbing. One of these serves one tensor of parameters, real or complex.

    Of a complex number the real and the imaginary part go their own ways.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._moments: tuple[Tensor, Tensor] | None = None

    def __call__(self, gradient: Tensor) -> Tensor:
        """The direction to follow for ``gradient``, of its shape, each value about 1 in size."""
        values = torch.view_as_real(gradient) if gradient.is_complex() else gradient
        if self._moments is None:
            self._moments = torch.zeros_like(values), torch.zeros_like(values)
        mean, square = self._moments
        self._steps += 1
        mean.lerp_(values, 1 - _FIRST)
        square.mul_(_SECOND).addcmul_(values, values, value=1 - _SECOND)
        size = square.div(1 - _SECOND**self._steps).sqrt_().add_(_EPSILON)
        direction = mean.div(1 - _FIRST**self._steps).div_(size)
        return torch.view_as_complex(direction) if gradient.is_complex() else direction
