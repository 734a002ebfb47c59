"""Recognition: how surely a network takes what it sees for one class and for no other."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ...networks.catalogue import CLASSES
from ..objective import Look, View


class Recognition:
    """Σ over places of log p, p the probability of a class among all that the network knows.

    So robust classifiers are asked for pictures of a class (Santurkar et al. 2019, "Image synthesis with a single
    (robust) classifier"), but at every place by itself, for a dream may be larger than anything that was learned from.
    What speaks for other classes as well, as the logit alone leaves it, is dreamed away.
    """

    layer = CLASSES

    def __init__(self, *numbers: int) -> None:
        """``numbers``: which class; or one for each picture of a batch."""
        self._numbers = numbers

    def begin_octave(self, look: Look) -> Iterator[None]:
        """Nothing is needed."""
        return iter(())

    def __call__(self, activation: Tensor, view: View) -> Tensor:
        """How surely it is seen in each picture, N; at most 0."""
        surely = activation.float().log_softmax(1)
        numbers = self._numbers * len(surely) if len(self._numbers) == 1 else self._numbers
        # Not by an index on the device: a graph that is captured there can't fetch one.
        return torch.stack([each[number].sum() for each, number in zip(surely, numbers, strict=True)])
