"""Classes for pictures that have none: those that look alike to a network belong together."""

from __future__ import annotations

import dataclasses

import torch
from scipy.cluster.vq import kmeans2
from torch import Tensor

from ..networks.staged import StagedNetwork
from .folder import FEWEST, Pictures

_BATCH = 32


def clustered(pictures: Pictures, network: StagedNetwork, count: int, seed: int) -> Pictures:
    """``pictures`` in at most ``count`` classes, by k-means over what the deepest layer of ``network`` makes of each.

    Classes too small to learn from join the nearest larger one, so there may be fewer; always two or more.
    """
    features = _features(pictures.pixels, network)
    centres, labels = kmeans2(features.numpy(), count, minit="++", rng=seed)  # type: ignore[call-arg]
    labels = torch.from_numpy(labels).long()
    large = _large(labels[~pictures.held_out], count)
    distances = torch.cdist(features, torch.from_numpy(centres)[large])
    return dataclasses.replace(
        pictures,
        labels=distances.argmin(1),
        classes=tuple(f"group {number}" for number in range(1, len(large) + 1)),
    )


def _large(labels: Tensor, count: int) -> Tensor:
    """The numbers of the classes that can be learned from; the two largest in any case."""
    sizes = torch.bincount(labels, minlength=count)
    order = sizes.argsort(descending=True, stable=True)
    enough = max(2, int((sizes >= FEWEST).sum()))
    return order[:enough].sort().values


@torch.no_grad()
def _features(pixels: Tensor, network: StagedNetwork) -> Tensor:
    """How strong each channel is in each picture on average, and how much it varies: NxF, each of length 1."""
    described = []
    for part in pixels.split(_BATCH):
        (seen,) = network(part.to(network.mean.device, network.mean.dtype) / 255, network.layers[-1:])
        strengths = torch.cat([seen.mean((2, 3)), seen.std((2, 3))], 1).float().cpu()
        described.append(torch.nn.functional.normalize(strengths, dim=1))
    features = torch.cat(described)
    return torch.nn.functional.normalize(features - features.mean(0), dim=1)
