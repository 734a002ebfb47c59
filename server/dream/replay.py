"""Replay: an octave's steps on an NVIDIA card as CUDA graphs, without a launch by Python for every kernel.

Written to torch's documentation of `torch.cuda.make_graphed_callables`; no card was at hand to run it on. Whatever
can't be captured is run as it is.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor

log = logging.getLogger(__name__)

Run = Callable[[Tensor], list[Tensor]]

# Capturing costs some steps: a size is captured when it comes back after an octave's usual ten.
_EAGER_FIRST = 12
# Above this a kernel takes longer than its launch, and a graph's own memory is better spent on tiles.
_MOST_PIXELS = 1024 * 1024
_KEPT = 6


class Replay:
    """Does what ``run`` does, forward and backward, replayed for sizes that come often.

    What it returns is overwritten by the next call of the same size, and so is the gradient through it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._often: Counter[torch.Size] = Counter()
        self._graphs: OrderedDict[torch.Size, Run] = OrderedDict()

    def __call__(self, picture: Tensor) -> list[Tensor]:
        """The activations for ``picture``, NxCxHxW."""
        size = picture.shape
        if not picture.requires_grad or size[0] * size[-1] * size[-2] > _MOST_PIXELS:
            return self._run(picture)
        self._often[size] += 1
        if size not in self._graphs and self._often[size] > _EAGER_FIRST:
            self._graphs[size] = self._capture(picture)
        if size not in self._graphs:
            return self._run(picture)
        self._graphs.move_to_end(size)
        while len(self._graphs) > _KEPT:
            self._graphs.popitem(last=False)
        return list(self._graphs[size](picture))

    def _capture(self, picture: Tensor) -> Run:
        sample = picture.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        try:
            return torch.cuda.make_graphed_callables(self._run, (sample,))  # type: ignore[return-value]
        except RuntimeError as error:  # what a network does may not be capturable, or memory may be short
            log.warning("Steps of %d × %d are not replayed: %s", *picture.shape[-2:], error)
            return self._run
