"""Guides: a dream that takes after another picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...networks.staged import StagedNetwork
from ..canvas import Canvas
from ..objective import Look, View
from ..sound_thread import on_a_sound_thread

# A guide with more pixels is scaled down to as many: its forms are still all there, and are looked at in one piece.
_MOST_PIXELS = 2**20
# How many products of guide places and picture places are held at once: 16 MB of float32.
_BLOCK = 2**22
_GUIDE_BLOCK = 2**13


@on_a_sound_thread
@torch.no_grad()
def guide_activations(guide: Tensor, network: StagedNetwork, layers: Sequence[str]) -> list[Tensor]:
    """What ``layers`` make of a guide, each 1xCxhxw float32.

    guide: 1x3xhxw, 0..1, display-encoded. It is looked at in its own size, scaled down where it has more than 2²⁰
    pixels, its border repeated where a side is too short for the network.
    """
    scale = math.sqrt(_MOST_PIXELS / (guide.shape[-2] * guide.shape[-1]))
    if scale < 1:
        size = [max(1, math.floor(side * scale)) for side in guide.shape[-2:]]
        guide = F.interpolate(guide, size, mode="bilinear", antialias=True)
    seen = Canvas(guide, network.min_side).picture.to(network.mean.dtype, memory_format=torch.channels_last)
    return [activation.float() for activation in network(seen, layers)]


def statistics(activation: Tensor) -> Tensor:
    """Weights (C, 1, 1) of channels after how strong they are in the guide: v / (Σv)², v the sum of each over places.

    To be used with ½a² (`dream_guided` of crowsonkb/deep_dream). Activations below 0 count for nothing.
    """
    sums = activation[0].sum((-2, -1)).clamp_min(0)
    return (sums / sums.sum().clamp_min(torch.finfo(sums.dtype).tiny) ** 2)[:, None, None]


class BestMatch:
    """Σ over places of the largest dot product that the activations there have with those of any place in the guide.

    Its gradient at a place is the guide's activations there (`objective_guide` of google/deepdream). The dot products
    are taken in blocks, so that memory does not grow with the product of the two pictures' sizes.
    """

    def __init__(self, layer: str, guide: Tensor) -> None:
        self.layer = layer
        self._patterns = guide[0].flatten(1)

    def begin_octave(self, look: Look) -> Iterator[None]:
        """Nothing is needed."""
        return iter(())

    def __call__(self, activation: Tensor, view: View) -> Tensor:
        """How much is seen in each picture, N."""
        seen = activation.float().flatten(2)
        with torch.no_grad():
            matches = torch.stack([self._patterns[:, best_matches(each, self._patterns)] for each in seen])
        return (seen * matches).sum((1, 2))


def best_matches(seen: Tensor, patterns: Tensor) -> Tensor:
    """For each column of ``seen`` (CxP) that of ``patterns`` (CxM) with the largest dot product, P indices."""
    found = []
    for some in seen.split(max(1, _BLOCK // min(patterns.shape[1], _GUIDE_BLOCK)), dim=1):
        best = some.new_full((some.shape[1],), -math.inf)
        index = torch.zeros_like(best, dtype=torch.long)
        for number, block in enumerate(patterns.split(_GUIDE_BLOCK, dim=1)):
            highest, place = (block.T @ some).max(dim=0)
            index = torch.where(highest > best, place + number * _GUIDE_BLOCK, index)
            best = torch.maximum(best, highest)
        found.append(index)
    return torch.cat(found)


class Style:
    """−¼·P·Σ(G − A)², G and A the Gram matrices of what is seen and of the guide, P how many places are seen.

    A Gram matrix holds the mean products of every two channels over all places (Gatys et al. 2015, "A neural algorithm
    of artistic style"). Each tile is to have the guide's textures for itself, so a dream in tiles differs from one in
    a single piece; P makes all pull alike whatever their size.
    """

    def __init__(self, layer: str, guide: Tensor) -> None:
        self.layer = layer
        self._gram = gram(guide)

    def begin_octave(self, look: Look) -> Iterator[None]:
        """Nothing is needed."""
        return iter(())

    def __call__(self, activation: Tensor, view: View) -> Tensor:
        """How much is seen in each picture, N; at most 0."""
        places = activation.shape[-2] * activation.shape[-1]
        return (gram(activation.float()) - self._gram).square().sum((1, 2)) * (-0.25 * places)


def gram(activation: Tensor) -> Tensor:
    """The Gram matrices of NxCxhxw activations, NxCxC: mean products over places."""
    seen = activation.flatten(2)
    return seen @ seen.mT / seen.shape[2]
