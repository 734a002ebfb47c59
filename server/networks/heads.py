"""Classifiers as maps: what a network would call each place it sees."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def class_map(head: nn.Module) -> nn.Module:
    """A classifier as a module that takes the last stage's activations and gives (N, classes, h, w) float logits.

    head: everything past the last stage, in order, pooling included.
    Where nothing but an average over all places and a linear layer stand between the activations and the logits, the
    two may change places: the map has the activations' size and its spatial mean is the logits (Zhou et al. 2016,
    "Learning deep features for discriminative localization"). Otherwise it is 1×1: the logits of all that is seen.
    """
    layers = [layer for layer in _flat(head) if not isinstance(layer, (nn.Dropout, nn.Flatten, nn.Identity))]
    *before, last = layers
    if _pools(last):  # SqueezeNet ends in its pooling: what stands before is a map already
        return nn.Sequential(*before)
    if before and _pools(before[-1]) and isinstance(last, nn.Linear):
        return nn.Sequential(*before[:-1], _by_place(last))
    return Whole(layers)


class Whole(nn.Module):
    """The logits of all that is seen, (N, classes, 1, 1)."""

    def __init__(self, layers: Iterable[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, classes, 1, 1)."""
        for layer in self.layers:
            x = layer(x.flatten(1) if isinstance(layer, nn.Linear) else x)
        return x[..., None, None]


def _flat(module: nn.Module) -> list[nn.Module]:
    if isinstance(module, nn.Sequential):
        return [leaf for child in module for leaf in _flat(child)]
    return [module]


def _pools(layer: nn.Module) -> bool:
    return isinstance(layer, nn.AdaptiveAvgPool2d) and layer.output_size in (1, (1, 1))


def _by_place(linear: nn.Linear) -> nn.Conv2d:
    """A linear layer over channels, done at every place."""
    with torch.device("meta"):
        convolution = nn.Conv2d(linear.in_features, linear.out_features, 1)
    convolution.weight = nn.Parameter(linear.weight[:, :, None, None])
    convolution.bias = linear.bias
    return convolution
