"""Inception's first generation (Szegedy et al. 2014, "Going Deeper with Convolutions") as it first dreamed.

`bvlc_googlenet` is the Caffe network of google/deepdream's notebook, `inception5h` Google's own of TensorFlow's first
tutorial. They differ from each other in padding, normalisation and a few widths, and from torchvision's GoogLeNet in
having no batch norm and true 5×5 convolutions.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .lrn import LocalResponseNorm

# Channels of each block: 1×1; 3×3, reduced to, then; 5×5, reduced to, then; pooled, then projected to.
_BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
# Where TensorFlow's network is of another width than the paper's.
_BLOCKS_5H = _BLOCKS | {"4a": (192, 96, 204, 16, 48, 64), "5a": (256, 160, 320, 48, 128, 128)}


@dataclass(frozen=True, slots=True)
class _Names:
    """What a block's convolutions are called, and its pooling."""

    reduce3: str
    reduce5: str
    project: str


_CAFFE = _Names("3x3_reduce", "5x5_reduce", "pool_proj")
_TENSORFLOW = _Names("3x3_bottleneck", "5x5_bottleneck", "pool_reduce")


class Inception(nn.Module):
    """Four views of the same place, put together: 1×1, 3×3, 5×5 and the strongest nearby."""

    def __init__(self, channels: int, widths: tuple[int, ...], names: _Names) -> None:
        super().__init__()
        ones, reduce3, threes, reduce5, fives, project = widths
        self.branches = (("1x1",), (names.reduce3, "3x3"), (names.reduce5, "5x5"), ("pool", names.project))
        self.add_module("1x1", convolution(channels, ones, 1))
        self.add_module(names.reduce3, convolution(channels, reduce3, 1))
        self.add_module("3x3", convolution(reduce3, threes, 3))
        self.add_module(names.reduce5, convolution(channels, reduce5, 1))
        self.add_module("5x5", convolution(reduce5, fives, 5))
        self.add_module("pool", nn.MaxPool2d(3, 1, 1))
        self.add_module(names.project, convolution(channels, project, 1))
        self.channels = ones + threes + fives + project

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, `channels`, H, W)."""
        ends = []
        for branch in self.branches:
            y = x
            for name in branch:
                y = self.get_submodule(name)(y)
            ends.append(y)
        return torch.cat(ends, 1)


def bvlc_googlenet(num_classes: int) -> nn.Module:
    """The network of Caffe's model zoo, ``models/bvlc_googlenet``. Takes BGR of 0..255 less the mean."""
    norm = LocalResponseNorm(5, 1e-4 / 5, 0.75, 1.0)
    stem = {
        "conv1_7x7_s2": convolution(3, 64, 7, stride=2),
        "pool1_3x3_s2": _pool(),
        "pool1_norm1": norm,
        "conv2_3x3_reduce": convolution(64, 64, 1),
        "conv2_3x3": convolution(64, 192, 3),
        "conv2_norm2": norm,
        "pool2_3x3_s2": _pool(),
    }
    blocks = _blocks("inception_", _BLOCKS, _CAFFE, {"4a": "pool3_3x3_s2", "5a": "pool4_3x3_s2"})
    return _classifier(stem | blocks, "loss3_classifier", num_classes)


def inception5h(num_classes: int) -> nn.Module:
    """The network of ``inception5h.zip``. Takes RGB of 0..255 less 117.

    The normalisation is that of the original graph (a depth radius of 5, a bias of 2); the converter through which
    all known PyTorch ports have come made 9 channels and 1 of it. Padding is TensorFlow's for even sizes.
    """
    norm = LocalResponseNorm(11, 1e-4, 0.5, 2.0)
    stem = {
        "conv2d0": nn.Sequential(
            OrderedDict(pad=nn.ZeroPad2d((2, 3, 2, 3)), conv=nn.Conv2d(3, 64, 7, 2), relu=nn.ReLU(inplace=True))
        ),
        "maxpool0": _pool(),
        "localresponsenorm0": norm,
        "conv2d1": convolution(64, 64, 1),
        "conv2d2": convolution(64, 192, 3),
        "localresponsenorm1": norm,
        "maxpool1": _pool(),
    }
    blocks = _blocks("mixed", _BLOCKS_5H, _TENSORFLOW, {"4a": "maxpool4", "5a": "maxpool10"})
    return _classifier(stem | blocks, "softmax2_pre_activation_matmul", num_classes)


def convolution(channels: int, width: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution and its ReLU."""
    conv = nn.Conv2d(channels, width, kernel, stride, kernel // 2)
    return nn.Sequential(OrderedDict(conv=conv, relu=nn.ReLU(inplace=True)))


def _pool() -> nn.MaxPool2d:
    # Rounded up as Caffe does, which is also what TensorFlow's padding comes to.
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def _blocks(
    prefix: str, widths: dict[str, tuple[int, ...]], names: _Names, pooled_before: dict[str, str]
) -> dict[str, nn.Module]:
    modules: dict[str, nn.Module] = {}
    channels = 192
    for name, block_widths in widths.items():
        if name in pooled_before:
            modules[pooled_before[name]] = _pool()
        block = modules[prefix + name] = Inception(channels, block_widths, names)
        channels = block.channels
    return modules


def _classifier(stages: dict[str, nn.Module], name: str, num_classes: int) -> nn.Module:
    return nn.Sequential(
        OrderedDict(
            **stages,
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            **{name: nn.Linear(1024, num_classes)},
        )
    )
