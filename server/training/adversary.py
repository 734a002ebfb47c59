"""The adversary: what a robust network is trained against.

Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks", in the L2 ball; in training with a
single step from a random start (Wong, Rice and Kolter 2020, "Fast is better than free").
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Classifier = Callable[[Tensor], Tensor]


def attack(classifier: Classifier, pictures: Tensor, labels: Tensor, radius: float, steps: int, seed: int) -> Tensor:
    """``pictures`` (Nx3xHxW, 0..1) pushed by at most ``radius`` (L2) each, so that ``labels`` become unlikely.

    ``steps`` steps of projected gradient ascent from a random place in the ball; pictures stay in 0..1.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(pictures.shape, generator=generator).to(pictures.device)
    reach = torch.rand(len(pictures), 1, 1, 1, generator=generator).to(pictures.device)
    pushed = (pictures + noise * (radius * reach / norms(noise))).clamp_(0, 1)
    stride = 1.25 * radius if steps == 1 else 2.5 * radius / steps
    for _ in range(steps):
        slope = _slope(classifier, pushed, labels)
        change = pushed + slope * (stride / norms(slope)) - pictures
        change *= (radius / norms(change)).clamp_max(1.0)
        pushed = (pictures + change).clamp_(0, 1)
    return pushed


def _slope(classifier: Classifier, pictures: Tensor, labels: Tensor) -> Tensor:
    with torch.enable_grad():
        seen = pictures.detach().requires_grad_()
        (slope,) = torch.autograd.grad(F.cross_entropy(classifier(seen).float(), labels, reduction="sum"), seen)
    return slope


def norms(pictures: Tensor) -> Tensor:
    """The L2 norm of each, Nx1x1x1, never 0."""
    return pictures.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)
