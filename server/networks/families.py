"""How the layers of torchvision's families are called, after each family's paper. Imports no torch.

Where a stage of the paper is several blocks, each block is a layer, and the last bears the stage's name, as its output
is the stage's: ``layer3.0``, …, ``layer3``.
"""

from __future__ import annotations

from collections.abc import Sequence

from .architecture import Stages


def same_names(names: str) -> Stages:
    """Layers that bear their submodule's name."""
    return {name: (name,) for name in names.split()}


def in_order(container: str, names: Sequence[str], start: int = 0) -> Stages:
    """Layers that are the children of ``container``, one each, in order."""
    return {name: (f"{container}.{index}",) for index, name in enumerate(names, start)}


def blocks(stage: str, container: str, count: int, child: str = "") -> Stages:
    """The blocks of one stage: the children of ``container``, whose names begin with ``child``."""
    names = [f"{stage}.{block}" for block in range(count - 1)] + [stage]
    return {name: (f"{container}.{child}{block}",) for block, name in enumerate(names)}


def alexnet() -> Stages:
    """Krizhevsky 2014."""
    layers = "conv1 relu1 pool1 conv2 relu2 pool2 conv3 relu3 conv4 relu4 conv5 relu5 pool5"
    return in_order("features", layers.split())


def vgg(convolutions: tuple[int, ...], batch_norm: bool = False) -> Stages:
    """Simonyan and Zisserman 2014, given the convolutions in each block."""
    stages: Stages = {}
    index = 0
    for block, count in enumerate(convolutions, start=1):
        for k in range(1, count + 1):
            width = 2 if batch_norm else 1
            stages[f"conv{block}_{k}"] = tuple(f"features.{index + i}" for i in range(width))
            stages[f"relu{block}_{k}"] = (f"features.{index + width}",)
            index += width + 1
        stages[f"pool{block}"] = (f"features.{index}",)
        index += 1
    return stages


def resnet(depths: tuple[int, ...]) -> Stages:
    """He et al. 2015, and its relatives."""
    stages: Stages = {"conv1": ("conv1", "bn1", "relu"), "maxpool": ("maxpool",)}
    for group, count in enumerate(depths, start=1):
        stages |= blocks(f"layer{group}", f"layer{group}", count)
    return stages


def densenet() -> Stages:
    """Huang et al. 2016."""
    stages: Stages = {
        "conv1": ("features.conv0", "features.norm0", "features.relu0"),
        "maxpool1": ("features.pool0",),
    }
    for k in range(1, 5):
        stages[f"denseblock{k}"] = (f"features.denseblock{k}",)
        if k < 4:
            stages[f"transition{k}"] = (f"features.transition{k}",)
    return stages | {"norm5": ("features.norm5", "+relu")}


def squeezenet(pooled_after: tuple[int, ...]) -> Stages:
    """Iandola et al. 2016; its two versions pool after different modules."""
    names = ["conv1", "relu1"]
    for k in range(1, 10):
        names += [f"fire{k}"] if k > 1 else []
        names += [f"maxpool{k}"] if k in pooled_after else []
    return in_order("features", names)


def shufflenet() -> Stages:
    """Ma et al. 2018."""
    stages = same_names("conv1 maxpool")
    for k, count in ((2, 4), (3, 8), (4, 4)):
        stages |= blocks(f"stage{k}", f"stage{k}", count)
    return stages | {"conv5": ("conv5",)}


def mobilenet(bottlenecks: int) -> Stages:
    """Sandler et al. 2018 and Howard et al. 2019."""
    return in_order("features", ["conv1", *(f"bottleneck{k}" for k in range(1, bottlenecks + 1)), "conv2"])


def mnasnet() -> Stages:
    """Tan et al. 2018."""
    stages: Stages = {
        "conv1": ("layers.0", "layers.1", "layers.2"),
        "sepconv": tuple(f"layers.{index}" for index in range(3, 8)),
    }
    for k, count in enumerate((3, 3, 3, 2, 4, 1), start=1):
        stages |= blocks(f"mbconv{k}", f"layers.{7 + k}", count)
    return stages | {"conv2": ("layers.14", "layers.15", "layers.16")}


def efficientnet(depths: tuple[int, ...], first: int) -> Stages:
    """Tan and Le 2019, whose stages are counted from ``first`` = 1, and 2021, who count from 0."""
    stages: Stages = {f"stage{first}": ("features.0",)}
    for k, count in enumerate(depths, start=1):
        stages |= blocks(f"stage{first + k}", f"features.{k}", count)
    last = len(depths) + 1
    return stages | {f"stage{first + last}": (f"features.{last}",)}


def regnet(depths: tuple[int, ...]) -> Stages:
    """Radosavovic et al. 2020."""
    stages = same_names("stem")
    for k, count in enumerate(depths, start=1):
        stages |= blocks(f"stage{k}", f"trunk_output.block{k}", count, f"block{k}-")
    return stages


def convnext(depths: tuple[int, ...]) -> Stages:
    """Liu et al. 2022."""
    return _in_four("stem", "downsample", depths)


def swin(depths: tuple[int, ...]) -> Stages:
    """Liu et al. 2021."""
    return _in_four("embedding", "merging", depths) | {"norm": ("norm",)}


def _in_four(first: str, between: str, depths: tuple[int, ...]) -> Stages:
    """Stages of blocks as every second child of ``features``, and what makes them smaller between."""
    stages: Stages = {first: ("features.0",)}
    for k, count in enumerate(depths, start=1):
        if k > 1:
            stages[f"{between}{k}"] = (f"features.{2 * k - 2}",)
        stages |= blocks(f"stage{k}", f"features.{2 * k - 1}", count)
    return stages
