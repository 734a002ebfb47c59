"""One way of a convolution on a CPU, its filters made ready once for each size of picture."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from .packed import Packed
from .winograd import Winograd, pays

_ONCE = (1, 1)


class Convolution:
    """What oneDNN convolves. (N, C, H, W), best laid out channels last, in the filters' type -> (N, K, H', W').

    weight: (K, C, kh, kw); bias: (K,) or None. padding: zeros above and below, left and right.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        padding: Sequence[int],
        stride: Sequence[int] = _ONCE,
        dilation: Sequence[int] = _ONCE,
    ) -> None:
        self._packed = Packed(weight, bias, padding, stride, dilation)
        self._padding = padding
        once = tuple(stride) == tuple(dilation) == _ONCE
        self._winograd = Winograd(weight, bias) if once and pays(weight) else None

    def __call__(self, x: Tensor, relu: bool = False) -> Tensor:
        """Convolve, and put zero for what is below it if ``relu``."""
        if self._winograd and self._winograd.takes(x):
            return self._winograd(x, self._padding, relu)
        return self._packed(x, relu)
