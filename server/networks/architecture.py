"""What is said of an architecture: how a published network is cut into named layers. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Triple = tuple[float, float, float]
Stages = dict[str, tuple[str, ...]]

IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)
IMAGENET_STD: Triple = (0.229, 0.224, 0.225)

TORCHVISION = "torchvision.models"


@dataclass(frozen=True, slots=True)
class Architecture:
    """An architecture as plain data.

    builder: the name of the function that builds it; options: what it is called with; module: where that is.
    stages: layer name -> the submodules that compute it from the layer before, in forward order. A path that begins
        with + is an operation that the published code has no module for: ``+relu`` or ``+mean``.
    default_layers: what is excited when nothing is asked for.
    head: the submodules from the last stage to the logits; ``logits`` is the one of them, or within them, that has a
        row of weights for each class.
    weights_file: the file its ImageNet weights come in, whose name ends in the first hex digits of its SHA-256; none
        where weights are only to be had elsewhere.
    mean, std: the network takes (x - mean) / std of display-encoded RGB in 0..1; its channels the other way round
        where it is ``bgr``.
    parts: the name of a layer within a stage -> the stage's name and the submodule's path from there.
    flat_keys: its published state dicts name a layer within a stage by one word, not by a path.
    channels_last: activations go from module to module as N×H×W×C.
    listed: whether it is shown before it is installed.
    """

    name: str
    title: str
    builder: str
    stages: Stages
    default_layers: tuple[str, ...]
    head: tuple[str, ...]
    logits: str
    weights_file: str = ""
    mean: Triple = IMAGENET_MEAN
    std: Triple = IMAGENET_STD
    classes: int = 1000
    options: dict[str, Any] = field(default_factory=dict)
    module: str = TORCHVISION
    bgr: bool = False
    parts: dict[str, tuple[str, str]] = field(default_factory=dict)
    flat_keys: bool = False
    channels_last: bool = False
    listed: bool = False

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' names in forward order."""
        return tuple(self.stages)
