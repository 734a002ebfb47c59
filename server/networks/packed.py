"""A convolution by oneDNN whose filters lie as it reads them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Packed:
    """(N, C, H, W) in the filters' type -> (N, K, H', W'). weight: (K, C / groups, kh, kw); bias: (K,) or None."""

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        padding: Sequence[int],
        stride: Sequence[int],
        dilation: Sequence[int],
        groups: int = 1,
    ) -> None:
        self._weight, self._bias = weight, bias
        self._frame = padding, stride, dilation, groups
        self._ready: tuple[torch.Size, Tensor] | None = None

    def __call__(self, x: Tensor, relu: bool = False) -> Tensor:
        """Convolve, and put zero for what is below it if ``relu``."""
        after = "relu" if relu else "none"
        return torch.ops.mkldnn._convolution_pointwise(x, self._for(x.shape), self._bias, *self._frame, after, [], "")

    def _for(self, shape: torch.Size) -> Tensor:
        """The filters as oneDNN wants them for an input of that shape. Plain ones are put so anew by every call, and
        those for another shape so slowly that the convolution itself is soon over.
        """
        ready = self._ready
        if ready is None or ready[0] != shape:
            packed = torch.ops.mkldnn._reorder_convolution_weight(self._weight, *self._frame, list(shape))
            ready = self._ready = shape, packed
        return ready[1]


def available() -> bool:
    """Whether this build of torch has what convolutions are made of here."""
    needed = ("_convolution_pointwise", "_reorder_convolution_weight")
    return torch.backends.mkldnn.is_available() and all(hasattr(torch.ops.mkldnn, name) for name in needed)
