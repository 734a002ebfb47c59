"""A convolution by oneDNN whose filters lie as it reads them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Packed:
    """(N, C, H, W) in the filters' type -> (N, K, H', W'). weight: (K, C / groups, kh, kw); bias: (K,) or None.

    keep: hold on to ``weight`` as it is, which makes a change of size quicker, and costs memory if nobody else does.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        padding: Sequence[int],
        stride: Sequence[int],
        dilation: Sequence[int],
        groups: int = 1,
        *,
        keep: bool = True,
    ) -> None:
        self._bias, self._plain = bias, weight if keep else None
        self._frame = padding, stride, dilation, groups
        # By the shape of inputs that they lie ready for, the last used first; None: as they were given.
        self._filters: list[tuple[torch.Size | None, Tensor]] = [(None, weight)]

    def __call__(self, x: Tensor, relu: bool = False) -> Tensor:
        """Convolve, and put zero for what is below it if ``relu``."""
        after = "relu" if relu else "none"
        return torch.ops.mkldnn._convolution_pointwise(x, self._for(x.shape), self._bias, *self._frame, after, [], "")

    def _for(self, shape: torch.Size) -> Tensor:
        """The filters as oneDNN wants them for an input of that shape. Plain ones are put so anew by every call, and
        those for another shape so slowly that the convolution itself is soon over.
        """
        known = self._filters
        found = next((filters for size, filters in known if size == shape), None)
        if found is None:
            plain = known[0][1] if self._plain is None else self._plain
            plain = plain.to_dense() if plain.is_mkldnn else plain
            found = torch.ops.mkldnn._reorder_convolution_weight(plain, *self._frame, list(shape))
        # Tiles of two sizes take turns; more than that would take more memory than they are worth.
        self._filters = [(shape, found), *((size, filters) for size, filters in known if size not in (shape, None))][:2]
        return found


def available() -> bool:
    """Whether this build of torch has what convolutions are made of here."""
    needed = ("_convolution_pointwise", "_reorder_convolution_weight")
    return torch.backends.mkldnn.is_available() and all(hasattr(torch.ops.mkldnn, name) for name in needed)
