"""The still dream against an independent float64 implementation of Google's notebook."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from reverie.server.dream.events import Finished
from reverie.server.dream.still import dream_still
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings

Forward = Callable[[torch.Tensor], torch.Tensor]


def notebook(
    image: np.ndarray, forward: Forward, octaves: int, iterations: int, step: float = 1.5, clip: bool = True
) -> np.ndarray:
    """`deepdream` without jitter, on 3xHxW in 0..255, line by line as the notebook has it; all in float64."""

    def zoom(values: np.ndarray, down: float, right: float) -> np.ndarray:
        return np.asarray(ndimage.zoom(values, (1, down, right), order=1, mode="nearest"))

    pyramid = [image.astype(np.float64) * 255]
    for _ in range(octaves - 1):
        pyramid.append(zoom(pyramid[-1], 1.0 / 1.4, 1.0 / 1.4))
    detail = np.zeros_like(pyramid[-1])
    src = pyramid[-1]
    for octave, base in enumerate(pyramid[::-1]):
        height, width = base.shape[-2:]
        if octave > 0:
            detail = zoom(detail, height / detail.shape[-2], width / detail.shape[-1])
        src = base + detail
        for _ in range(iterations):
            x = torch.from_numpy(src)[None].requires_grad_()
            activations = forward(x / 255)
            activations.backward(activations.detach())
            assert x.grad is not None
            g = x.grad[0].numpy()
            src = src + step / np.abs(g).mean() * g
            if clip:
                src = np.clip(src, 0, 255)
        detail = src - base
    return src / 255


def dreamed(picture: torch.Tensor, network: StagedNetwork, **settings: object) -> torch.Tensor:
    # In full: what automatic precision rounds off is far below what shows, and far above what is compared here.
    exact = {"jitter": 0, "precision": "float32"}
    *_, last = dream_still(picture, network, DreamSettings.from_mapping({**exact, **settings}))
    assert isinstance(last, Finished)
    return last.picture


def googlenet_to_4c(model: nn.Module) -> Forward:
    names = "conv1 maxpool1 conv2 conv3 maxpool2 inception3a inception3b maxpool3 inception4a inception4b inception4c"
    stages = nn.Sequential(*(getattr(model, name) for name in names.split())).double()
    return lambda picture: stages((picture - 0.5) / 0.5)


@pytest.mark.parametrize("octaves", [1, 4])
@pytest.mark.parametrize("side", [(96, 131), (150, 210)])
def test_googlenet_agrees(
    random_googlenet: tuple[nn.Module, StagedNetwork], octaves: int, side: tuple[int, int]
) -> None:
    """To float32's rounding, but for a picture in which rounding alone turns a ReLU or a pooling the other way."""
    model, network = random_googlenet
    forward = googlenet_to_4c(model)
    differences = []
    for seed in range(3):
        image = np.random.default_rng(octaves + seed).random((3, *side))
        picture = torch.from_numpy(image).float()[None]
        expected = notebook(picture[0].numpy(), forward, octaves, 1)
        actual = dreamed(picture, network, octaves=octaves, iterations=1, layers="inception4c")[0].numpy()
        assert np.abs(expected - picture[0].numpy()).mean() > 1e-3, "the reference moved nothing"
        differences.append(np.abs(actual - expected).mean())
    assert np.median(differences) < 2e-5
    assert max(differences) < 1e-3


@pytest.mark.parametrize("clip", [True, False])
def test_smooth_network_agrees_over_many_steps(picture: torch.Tensor, clip: bool) -> None:
    """Without kinks (ReLU, max) the ascent is not chaotic, so even late steps can be compared."""
    torch.manual_seed(5)
    stages = {"only": nn.Sequential(nn.Conv2d(3, 6, 5, padding=2), nn.Softplus(), nn.Conv2d(6, 4, 3, stride=2))}
    network = StagedNetwork("smooth", stages, ("only",))
    actual = dreamed(picture, network, octaves=3, iterations=8, step=4.0, clip=clip)[0].numpy()
    double = nn.Sequential(*stages["only"]).double()
    expected = notebook(picture[0].numpy(), double, 3, 8, step=4.0, clip=clip)
    assert (np.abs(expected).max() > 1.001) != clip
    assert np.abs(actual - expected).max() < 1e-4
