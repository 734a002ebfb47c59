"""Objectives: what a dream makes more of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def energy(activations: Sequence[Tensor]) -> Tensor:
    """½·Σa² over all activations of all layers, a float32 scalar.

    Its gradient is the activations themselves: whatever the layers see, they shall see more of
    (`objective_L2` of google/deepdream).
    """
    total = activations[0].new_zeros((), dtype=torch.float32)
    for activation in activations:
        total = total + 0.5 * activation.float().square().sum()
    return total
