"""The architectures of the zoo as plain data: how each is cut into named layers. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Triple = tuple[float, float, float]

# What torchvision's `transform_input` amounts to: the weights ported from TensorFlow want -1..1.
_HALF: Triple = (0.5, 0.5, 0.5)
_IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)
_IMAGENET_STD: Triple = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Architecture:
    """One of torchvision's architectures.

    builder: the name of torchvision's function that builds it; options: what it is called with.
    stages: layer name -> the torchvision submodules that compute it from the layer before, in forward order.
    default_layers: what is excited when nothing is asked for.
    weights: torchvision's name for the ImageNet weights; weights_file: the file they come in, whose name ends in
        the first eight hex digits of its SHA-256.
    mean, std: the network takes (x - mean) / std of display-encoded RGB in 0..1.
    head: the submodules from the last stage to the logits; the last of them but for containers, `logits`, has one row
        of weights for each class.
    parts: the name of a layer within a stage -> the stage's name and the submodule's path from there.
    """

    name: str
    title: str
    builder: str
    stages: dict[str, tuple[str, ...]]
    default_layers: tuple[str, ...]
    head: tuple[str, ...]
    logits: str
    weights: str
    weights_file: str
    mean: Triple = _IMAGENET_MEAN
    std: Triple = _IMAGENET_STD
    classes: int = 1000
    options: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names in forward order."""
        return tuple(self.stages)


def _same_names(names: str) -> dict[str, tuple[str, ...]]:
    """Layers that bear their torchvision submodule's name."""
    return {name: (name,) for name in names.split()}


def _vgg_stages(convolutions: tuple[int, ...]) -> dict[str, tuple[str, ...]]:
    """The paper's names (Simonyan and Zisserman 2014) for `features`, given the convolutions in each block."""
    names = []
    for block, count in enumerate(convolutions, start=1):
        for k in range(1, count + 1):
            names += [f"conv{block}_{k}", f"relu{block}_{k}"]
        names.append(f"pool{block}")
    return {name: (f"features.{index}",) for index, name in enumerate(names)}


def _resnet_stages(blocks: tuple[int, ...]) -> dict[str, tuple[str, ...]]:
    """Every residual block is a layer; the last of a group bears the group's name, as its output is the group's."""
    stages: dict[str, tuple[str, ...]] = {"conv1": ("conv1", "bn1", "relu"), "maxpool": ("maxpool",)}
    for group, count in enumerate(blocks, start=1):
        for block in range(count):
            name = f"layer{group}" if block == count - 1 else f"layer{group}.{block}"
            stages[name] = (f"layer{group}.{block}",)
    return stages


_ALL = (
    Architecture(
        name="googlenet",
        title="GoogLeNet",
        builder="googlenet",
        stages=_same_names(
            "conv1 maxpool1 conv2 conv3 maxpool2 inception3a inception3b maxpool3 "
            "inception4a inception4b inception4c inception4d inception4e maxpool4 inception5a inception5b"
        ),
        default_layers=("inception4c",),
        head=("avgpool", "fc"),
        logits="fc",
        weights="GoogLeNet_Weights.IMAGENET1K_V1",
        weights_file="googlenet-1378be20.pth",
        mean=_HALF,
        std=_HALF,
        options={"aux_logits": False, "init_weights": False},
    ),
    Architecture(
        name="inception_v3",
        title="Inception v3",
        builder="inception_v3",
        stages=_same_names(
            "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 maxpool1 Conv2d_3b_1x1 Conv2d_4a_3x3 maxpool2 "
            "Mixed_5b Mixed_5c Mixed_5d Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e Mixed_7a Mixed_7b Mixed_7c"
        ),
        default_layers=("Mixed_6b",),
        head=("avgpool", "fc"),
        logits="fc",
        weights="Inception_V3_Weights.IMAGENET1K_V1",
        weights_file="inception_v3_google-0cc3c7bd.pth",
        mean=_HALF,
        std=_HALF,
        options={"aux_logits": False, "init_weights": False},
    ),
    Architecture(
        name="vgg16",
        title="VGG-16",
        builder="vgg16",
        stages=_vgg_stages((2, 2, 3, 3, 3)),
        default_layers=("relu4_3",),
        head=("avgpool", "classifier"),
        logits="classifier.6",
        weights="VGG16_Weights.IMAGENET1K_V1",
        weights_file="vgg16-397923af.pth",
        options={"init_weights": False},
    ),
    Architecture(
        name="vgg19",
        title="VGG-19",
        builder="vgg19",
        stages=_vgg_stages((2, 2, 4, 4, 4)),
        default_layers=("relu4_4",),
        head=("avgpool", "classifier"),
        logits="classifier.6",
        weights="VGG19_Weights.IMAGENET1K_V1",
        weights_file="vgg19-dcbb9e9d.pth",
        options={"init_weights": False},
    ),
    Architecture(
        name="resnet50",
        title="ResNet-50",
        builder="resnet50",
        stages=_resnet_stages((3, 4, 6, 3)),
        default_layers=("layer3",),
        head=("avgpool", "fc"),
        logits="fc",
        # The first training recipe: the newer one scores better on photographs and dreams worse.
        weights="ResNet50_Weights.IMAGENET1K_V1",
        weights_file="resnet50-0676ba61.pth",
    ),
)

ARCHITECTURES: dict[str, Architecture] = {architecture.name: architecture for architecture in _ALL}
