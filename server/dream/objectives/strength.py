"""Channels chosen by how strong they are in the picture, as in neural-dream."""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

from ....shared.target import ByStrength
from ..objective import Look


class Strength:
    """Picks channels by their mean activation over an octave's picture, for each picture of a batch on its own.

    linear: the weights of the chosen channels add up to 1 instead of being 1 each.
    """

    def __init__(self, chosen: ByStrength, linear: bool) -> None:
        self._chosen = chosen
        self._linear = linear

    def weights(self, look: Look, layer: str) -> Generator[None, None, Tensor]:
        """Weights of the channels of ``layer``, (N, C, 1, 1). Yields after every tile."""
        sums: Tensor | float = 0.0
        for (activation,) in look.activations((layer,)):
            sums = sums + activation.sum((-2, -1), dtype=torch.float32)
            yield
        assert isinstance(sums, Tensor)
        weights = _chosen(sums, self._chosen)
        if self._linear:
            weights /= weights.sum(1, keepdim=True)
        return weights[..., None, None]


def _chosen(strengths: Tensor, chosen: ByStrength) -> Tensor:
    """1 for every channel of N x C that is chosen, else 0. Average are those in the middle when sorted by strength."""
    channels = strengths.shape[1]
    start = {"weak": 0, "average": max((channels - chosen.count) // 2, 0), "strong": channels - chosen.count}[
        chosen.which
    ]
    order = strengths.argsort(dim=1, stable=True)
    weights = torch.zeros_like(strengths).scatter_(1, order[:, start : start + chosen.count], 1.0)
    return 1 - weights if chosen.all_but else weights
