"""What a picture may look like and still be of its class."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms import v2


class Augment:
    """Random crops of every scale, mirrored and recoloured; each batch by the seed it is given.

    size: the side of what comes out.
    """

    def __init__(self, size: int) -> None:
        self._geometry = v2.Compose(
            [
                v2.RandomResizedCrop(size, scale=(0.25, 1.0), ratio=(0.8, 1.25), antialias=True),
                v2.RandomHorizontalFlip(),
            ]
        )
        self._middle = v2.CenterCrop(size)

    def __call__(self, pixels: Tensor, seed: int) -> Tensor:
        """``pixels`` (Nx3xSxS uint8) as Nx3xsizexsize float32 in 0..1, varied."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            shown = torch.stack([self._geometry(picture) for picture in pixels]).float().div_(255)
            return _recoloured(shown)

    def plain(self, pixels: Tensor) -> Tensor:
        """The middle of each picture, Nx3xsizexsize float32 in 0..1, not varied: what accuracy is measured on."""
        return self._middle(pixels).float().div_(255)


def _recoloured(pictures: Tensor) -> Tensor:
    """Each picture brighter or darker, richer or paler, warmer or colder, by chance. torchvision does so one picture
    at a time, which costs more than learning from it.
    """

    def drawn(low: float, high: float, channels: int = 1) -> Tensor:
        return torch.empty(len(pictures), channels, 1, 1).uniform_(low, high)

    grey = pictures.mean(1, keepdim=True)
    pictures = grey + (pictures - grey) * drawn(0.6, 1.3)
    middle = pictures.mean((1, 2, 3), keepdim=True)
    pictures = middle + (pictures - middle) * drawn(0.7, 1.3)
    return (pictures * drawn(0.75, 1.25) * drawn(0.92, 1.08, 3)).clamp_(0, 1)
