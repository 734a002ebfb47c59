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
from ...networks.lrn import LocalResponseNorm
from ...networks.staged import StagedNetwork

Step = Callable[[], object]

_DEEPDREAMS_LAST_LAYER = "inception4e"  # the deepest that it exposes, and so runs to, whichever is asked for


def our_step(network: StagedNetwork, picture: Tensor, precision: str) -> Step:
    """A step of a real dream of one octave, untiled."""
    settings = DreamSettings(octaves=1, iterations=2000, tile=16384, precision=precision)
    running = dream_still(picture, network, settings)
    return lambda: next(running)


def pytorch_deepdream_step(model: nn.Module, picture: Tensor) -> Step:
    """gordicaleksa/pytorch-deepdream: GoogLeNet to the last layer it exposes, batch norm apart, and the gradient
    smoothed by the mean of three Gaussians of 9 taps, less its mean, over its deviation.
    """
    names = list(dict(model.named_children()))
    layers = [getattr(model, name) for name in names[: names.index(_DEEPDREAMS_LAST_LAYER) + 1]]
    wanted = names.index("inception4c")
    image = picture.clone().requires_grad_()
    kernels = [_gaussian(9, sigma).to(picture) for sigma in (0.5, 1.0, 2.0)]

    def step() -> None:
        activations, x = [], image
        for layer in layers:
            x = layer(x)
            activations.append(x)
        target = activations[wanted]
        F.mse_loss(target, torch.zeros_like(target)).backward()
        assert image.grad is not None
        padded = F.pad(image.grad, (4, 4, 4, 4), "reflect")
        smooth = cast(Tensor, sum(F.conv2d(padded, kernel, groups=3) for kernel in kernels)) / 3
        image.data += 0.09 * (smooth - smooth.mean()) / smooth.std()
        image.grad.zero_()
        image.data.clamp_(0, 1)

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
