"""A published network's own modules, without weights, and its state dict under their names."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cache

import torch
from torch import Tensor, nn

from .architecture import TORCHVISION, Architecture
from .architectures import ARCHITECTURES

_OPERATIONS = {"+relu": lambda: nn.ReLU(inplace=True), "+mean": lambda: nn.AdaptiveAvgPool2d(1)}


def bare_model(architecture: Architecture, classes: int = 0) -> nn.Module:
    """The model without weights: on the meta device, where it can be, nothing is allocated or initialised."""
    # Imported when it is needed: torchvision takes twice as long as torch, and the ornament does without.
    home = importlib.import_module(architecture.module, __package__)
    options = architecture.options | ({"weights": None} if architecture.module == TORCHVISION else {})
    build = getattr(home, architecture.builder)
    try:
        with torch.device("meta"):
            return build(num_classes=classes or architecture.classes, **options)
    except NotImplementedError:  # RegNet works out its widths with tensors
        return build(num_classes=classes or architecture.classes, **options)


def fill(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put ``weights`` into ``model``, as many as there are."""
    state = OrderedDict(weights)
    # MNASNet asks which version of it they are of; those of the first don't fit, and have been refused.
    state._metadata = model.state_dict()._metadata  # type: ignore[attr-defined]
    model.load_state_dict(state, strict=False, assign=True)


def joined(model: nn.Module, paths: tuple[str, ...]) -> nn.Module:
    """The submodules at ``paths``, one after the other; see `Architecture.stages`."""
    modules = [_OPERATIONS[path]() if path in _OPERATIONS else model.get_submodule(path) for path in paths]
    return modules[0] if len(modules) == 1 else nn.Sequential(*modules)


def renamed(architecture: Architecture, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """A state dict under the names of our own modules, where the published ones differ."""
    if not architecture.flat_keys:
        return weights
    found = {key: next((name for name in _spellings(key) if name in weights), None) for key in bare_state(architecture)}
    return {key: weights[name] for key, name in found.items() if name}


def bare_state(architecture: Architecture, classes: int = 0) -> dict[str, Tensor]:
    """The entries of the model's state dict, without numbers in them."""
    return _bare_state(architecture.name, classes)


@cache
def _bare_state(name: str, classes: int) -> dict[str, Tensor]:
    state = bare_model(ARCHITECTURES[name], classes).state_dict()
    return {key: tensor.to("meta") for key, tensor in state.items()}


def _spellings(key: str) -> Iterator[str]:
    """What the converters from Caffe and TensorFlow to PyTorch may have called an entry of a state dict."""
    yield key
    path, _, kind = key.rpartition(".")
    flat = path.removesuffix(".conv").replace(".", "_")
    for ending in ("", "_1", "_pre_relu_conv"):
        yield f"{flat}{ending}.{kind}"


class ChannelsFirst(nn.Module):
    """A stage of a network whose activations are N×H×W×C, between stages that are handed on as N×C×H×W."""

    def __init__(self, stage: nn.Module, first: bool) -> None:
        super().__init__()
        self.stage = stage
        self.first = first

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'); nothing is copied to turn the axes."""
        return self.stage(x if self.first else x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
