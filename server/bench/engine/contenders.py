"""One gradient step, as others take it and as we do: each a function that takes the next step when called."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....shared.settings import DreamSettings
from ...dream.still import dream_still
from ...networks.architecture import IMAGENET_MEAN, IMAGENET_STD
from ...networks.lrn import LocalResponseNorm
from ...networks.staged import StagedNetwork

Step = Callable[[], object]

_DEEPDREAMS_LAST_LAYER = "inception4e"  # the deepest that it exposes, and so runs to, whichever is asked for


def our_step(network: StagedNetwork, picture: Tensor, precision: str) -> Step:
    """A step of a real dream of one octave, untiled."""
    settings = DreamSettings(octaves=1, iterations=2000, tile=16384, precision=precision, edges="roll")
    running = dream_still(picture, network, settings)
    return lambda: next(running)


def pytorch_deepdream_step(model: nn.Module, picture: Tensor) -> Step:
    """gordicaleksa/pytorch-deepdream: the picture rolled; GoogLeNet, after its own change of normalisation, to the last
    layer it exposes, batch norm apart, the weights out of the gradient; three Gaussians of 9 taps, made for the step,
    over the gradient, less its mean, over its deviation; bounds; rolled back.
    """
    names = list(dict(model.named_children()))
    layers = [getattr(model, name) for name in names[: names.index(_DEEPDREAMS_LAST_LAYER) + 1]]
    wanted = names.index("inception4c")
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    lower, upper = -mean / std, (1 - mean) / std
    state = [(picture - mean) / std]

    def step() -> None:
        image = state[0].roll((5, -7), (2, 3)).requires_grad_()
        channels = [
            image[:, number].unsqueeze(1) * (deviation / 0.5) + (middle - 0.5) / 0.5
            for number, (middle, deviation) in enumerate(zip(IMAGENET_MEAN, IMAGENET_STD, strict=True))
        ]
        activations, x = [], torch.cat(channels, 1)
        for layer in layers:
            x = layer(x)
            activations.append(x)
        target = activations[wanted]
        F.mse_loss(target, torch.zeros_like(target)).backward()
        assert image.grad is not None
        padded = F.pad(image.grad, (4, 4, 4, 4), "reflect")
        smooth = cast(Tensor, sum(F.conv2d(padded, _gaussian(9, sigma), groups=3) for sigma in (0.6, 1.2, 2.4))) / 3
        image.data += 0.09 * (smooth - smooth.mean()) / smooth.std()
        state[0] = torch.max(torch.min(image.detach(), upper), lower).roll((-5, 7), (2, 3))

    return step


def neural_dream_step(model: nn.Module, picture: Tensor) -> Step:
    """ProGamerGov/neural-dream with bvlc_googlenet: the whole network, the layer read through a hook, torch's own
    local response normalisation, Adam.
    """
    whole = copy.deepcopy(model)
    for name, module in list(whole.named_modules()):
        if isinstance(module, LocalResponseNorm):
            twin = nn.LocalResponseNorm(module.size, module.scale * module.size, module.beta, module.k)
            whole.set_submodule(name, twin)
    caught: list[Tensor] = []
    whole.get_submodule("inception_4c").register_forward_hook(
        lambda _m, _i, output: caught.append(cast(Tensor, output))
    )
    image = nn.Parameter(picture.clone())
    adam = torch.optim.Adam([image], lr=1.5 / 255)

    def step() -> None:
        adam.zero_grad()
        caught.clear()
        whole(image)
        (-caught[0].mean()).backward()
        adam.step()

    return step


def _gaussian(size: int, sigma: float) -> Tensor:
    taps = torch.exp(-(torch.arange(size) - size // 2).float().square() / (2 * sigma**2))
    kernel = taps[:, None] * taps[None]
    return (kernel / kernel.sum()).expand(3, 1, size, size)
