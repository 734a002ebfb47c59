"""Blossom: the architecture of our own trained networks, an Inception made for dreaming.

After Szegedy et al. 2014 ("Going Deeper with Convolutions"), whose stage names artists know, with what dreams ask for:
smooth activations (their gradients don't flicker), pooling that blurs before it skips pixels (Zhang 2019, "Making
Convolutional Networks Shift-Invariant Again": max pooling and careless strides draw checkerboards), and borders that
repeat the picture instead of framing it in black.

There is no batch norm: on a CPU it takes a third of the training, and clean and adversarial pictures don't agree on
its statistics. Weights are standardised instead (Brock, De and Smith 2021, "Characterizing signal propagation to close
the performance gap in unnormalized ResNets"), which costs nothing once they are baked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

# Channels of each inception block: 1x1, 3x3 (reduced to, then), two 3x3 (reduced to, then), pooled.
_BLOCKS: dict[str, tuple[int, int, int, int, int, int]] = {
    "inception3a": (32, 48, 64, 16, 24, 16),
    "inception3b": (48, 48, 80, 16, 32, 24),
    "inception4a": (80, 64, 120, 24, 40, 32),
    "inception4b": (80, 64, 120, 24, 40, 32),
    "inception4c": (80, 64, 128, 24, 48, 32),
    "inception4d": (80, 72, 144, 28, 56, 40),
    "inception4e": (112, 80, 176, 32, 72, 56),
    "inception5a": (144, 96, 208, 40, 96, 80),
    "inception5b": (192, 96, 224, 40, 112, 80),
}
Convolution = Callable[[int, int, int, int], nn.Conv2d]

_POOLED_AFTER = {"inception3b": "pool3", "inception4e": "pool4"}


class Blossom(nn.Module):
    """A classifier: the stages, then global average pooling and a linear layer over ``classes``.

    Takes (picture - 0.5) / 0.25, Nx3xHxW; returns logits, Nxclasses. convolution: what it convolves with:
    `StandardConv2d`, which learns, or `plain_conv2d`, which dreams.
    """

    def __init__(self, classes: int, convolution: Convolution) -> None:
        super().__init__()
        # 6x6 by steps of 2: every pixel is met by equally many taps, so none is favoured over its neighbours.
        stages: dict[str, nn.Module] = {
            "conv1": convolve(convolution, 3, 32, 6, stride=2),
            "pool1": blur_pool(),
            "conv2": convolve(convolution, 32, 96, 3),
            "pool2": blur_pool(),
        }
        channels = 96
        for name, widths in _BLOCKS.items():
            stages[name] = block = Inception(convolution, channels, widths)
            channels = block.channels
            if name in _POOLED_AFTER:
                stages[_POOLED_AFTER[name]] = blur_pool()
        self.stages = nn.Sequential(OrderedDict(stages))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten(1)
        self.fc = nn.Linear(channels, classes)
        # Nothing is believed of any class until something is learned.
        nn.init.zeros_(self.fc.weight)
        nn.init.zeros_(self.fc.bias)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.fc(self.flatten(self.avgpool(self.stages(x))))


def blossom(num_classes: int) -> Blossom:
    """The network as it dreams: plain convolutions."""
    return Blossom(num_classes, plain_conv2d)


def fresh(classes: int) -> Blossom:
    """The network before it has learned anything, its weights from torch's global generator."""
    return Blossom(classes, StandardConv2d)


def baked(network: Blossom) -> dict[str, Tensor]:
    """The state dict, for `blossom`, of a network that has learned: its weights as they convolve."""
    state = dict(network.state_dict())
    for path, module in network.named_modules():
        if isinstance(module, StandardConv2d):
            state[f"{path}.weight"] = module.standardised().detach()
            del state[f"{path}.gain"]
    return state


def risen(state: dict[str, Tensor], classes: int) -> Blossom:
    """A network that goes on learning from a `baked` one, whose classifier stays only if the classes do in number."""
    network = fresh(classes)
    for path, module in network.named_modules():
        if isinstance(module, StandardConv2d):
            module.take(state[f"{path}.weight"].float(), state[f"{path}.bias"].float())
    if len(state["fc.bias"]) == classes:
        network.fc.load_state_dict({"weight": state["fc.weight"].float(), "bias": state["fc.bias"].float()})
    return network


class Inception(nn.Module):
    """Four branches side by side, each looking at another scale, joined along the channels."""

    def __init__(self, convolution: Convolution, channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        straight, reduced, wide, reduced_twice, wider, pooled = widths
        self.channels = straight + wide + wider + pooled

        def step(channels: int, wide: int, kernel: int) -> nn.Sequential:
            return convolve(convolution, channels, wide, kernel)

        self.branch1 = step(channels, straight, 1)
        self.branch2 = nn.Sequential(step(channels, reduced, 1), step(reduced, wide, 3))
        self.branch3 = nn.Sequential(
            step(channels, reduced_twice, 1), step(reduced_twice, wider, 3), step(wider, wider, 3)
        )
        self.branch4 = nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), step(channels, pooled, 1))

    def forward(self, x: Tensor) -> Tensor:
        """All branches' channels, of the input's height and width."""
        pool, step = self.branch4
        # A mean over places and a sum over channels may change places: few channels are cheaper to pool than many.
        conv, act = step.children()
        pooled = act(pool(conv(x)))
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), pooled], 1)


def plain_conv2d(channels: int, wide: int, kernel: int, stride: int) -> nn.Conv2d:
    """A convolution with its border repeated outwards, so that only the stride changes the size."""
    return nn.Conv2d(channels, wide, kernel, stride, (kernel - 1) // 2, padding_mode=_border(kernel))


def _border(kernel: int) -> Literal["zeros", "replicate"]:
    return "replicate" if kernel > 1 else "zeros"


class StandardConv2d(nn.Conv2d):
    """The same, with weights that have, for each output channel, mean 0 and a learned scale.

    With the gain of SiLU in that scale, unit variance in is unit variance out (Brock et al. 2021).
    """

    # 1 / the standard deviation of SiLU of a normal variable.
    _SILU_GAIN = 1.7881

    def __init__(self, channels: int, wide: int, kernel: int, stride: int) -> None:
        super().__init__(channels, wide, kernel, stride, (kernel - 1) // 2, padding_mode=_border(kernel))
        self.gain = nn.Parameter(torch.ones(wide, 1, 1, 1))
        self._fan_in = channels * kernel * kernel
        # How large the weights are changes nothing but how fast they turn: some 1 % a step at a rate of 0.002.
        nn.init.normal_(self.weight, std=0.2)
        nn.init.zeros_(self.bias)  # type: ignore[arg-type]

    def standardised(self) -> Tensor:
        """The weights that convolve."""
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), keepdim=True)
        scale = self._SILU_GAIN * self.gain * torch.rsqrt((variance * self._fan_in).clamp_min(1e-4))
        return (self.weight - mean) * scale

    @torch.no_grad()
    def take(self, weight: Tensor, bias: Tensor) -> None:
        """Convolve with ``weight``, which was `standardised` once, and go on learning from there."""
        variance = weight.var((1, 2, 3), keepdim=True)
        self.weight.copy_(weight * (0.2 / variance.sqrt().clamp_min(1e-6)))
        self.gain.copy_((variance * self._fan_in).sqrt() / self._SILU_GAIN)
        self.bias.copy_(bias)  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return self._conv_forward(x, self.standardised(), self.bias)


def convolve(convolution: Convolution, channels: int, wide: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution and SiLU."""
    conv = convolution(channels, wide, kernel, stride)
    return nn.Sequential(OrderedDict(conv=conv, act=nn.SiLU()))


def blur_pool() -> nn.Sequential:
    """Half the size, each pixel the weighted mean of its neighbourhood: [1 2 1] both ways, as two plain means."""
    return nn.Sequential(nn.AvgPool2d(2, 1), nn.AvgPool2d(2, 2, ceil_mode=True))


@torch.no_grad()
def settle(network: nn.Module, pictures: Tensor) -> None:
    """Scale and shift fresh convolutions so that each puts out mean 0 and deviation 1 on ``pictures``, before SiLU.

    Mishkin and Matas 2016, "All you need is a good init": what batch norm would do, done once.
    """

    def even(conv: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        assert isinstance(conv, StandardConv2d) and conv.bias is not None
        deviation, mean = torch.std_mean(output, (0, 2, 3), keepdim=True)
        scale = 1 / deviation.clamp_min(1e-3)
        conv.gain.mul_(scale.view(-1, 1, 1, 1))
        conv.bias.copy_(((conv.bias.view(1, -1, 1, 1) - mean) * scale).flatten())
        return (output - mean) * scale

    hooks = [conv.register_forward_hook(even) for conv in network.modules() if isinstance(conv, StandardConv2d)]
    try:
        network(pictures)
    finally:
        for hook in hooks:
            hook.remove()
