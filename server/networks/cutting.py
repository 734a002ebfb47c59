"""From torchvision's modules to named stages with batch norm folded away."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .architectures import ARCHITECTURES, Architecture
from .staged import StagedNetwork
from .weights import UnfitWeights

_STEP_COUNTER = "num_batches_tracked"  # batch norm's, of no use once training is over


def cut(architecture: Architecture, name: str, weights: Mapping[str, Tensor]) -> StagedNetwork:
    """The staged network of a torchvision state dict, called ``name``. Raises `UnfitWeights`."""
    model = _bare_model(architecture)
    model.load_state_dict(needed_weights(architecture, weights), strict=False, assign=True)
    model.eval()
    stages = {layer: _joined(model, paths) for layer, paths in architecture.stages.items()}
    for stage in stages.values():
        _fold_batch_norm(stage)
    return StagedNetwork(name, stages, architecture.default_layers, architecture.mean, architecture.std)


def needed_weights(architecture: Architecture, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The entries of a torchvision state dict that the stages need, in float32.

    The classifier and the auxiliary heads may be there or not. Raises `UnfitWeights`.
    """
    paths = tuple(f"{path}." for parts in architecture.stages.values() for path in parts)
    expected = {
        key: tensor
        for key, tensor in _bare_model(architecture).state_dict().items()
        if key.startswith(paths) and not key.endswith(_STEP_COUNTER)
    }
    faults = [fault for key, tensor in expected.items() if (fault := _fault(key, tensor, weights.get(key)))]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise UnfitWeights(
            f"These are not weights of {architecture.title}: {', '.join(faults[:3])}{more}",
            f"Choose the architecture that the weights were trained in: {', '.join(ARCHITECTURES)}.",
        )
    return {key: weights[key].detach().float().contiguous() for key in expected}


def _bare_model(architecture: Architecture) -> nn.Module:
    """The model without weights: on the meta device nothing is allocated or initialised."""
    # Imported when it is needed: it takes twice as long as torch, and the ornament does without.
    import torchvision

    with torch.device("meta"):
        return getattr(torchvision.models, architecture.builder)(weights=None, **architecture.options)


def _joined(model: nn.Module, paths: tuple[str, ...]) -> nn.Module:
    modules = [model.get_submodule(path) for path in paths]
    return modules[0] if len(modules) == 1 else nn.Sequential(*modules)


def _fold_batch_norm(module: nn.Module) -> None:
    """Put each batch norm into the convolution before it, wherever in ``module`` they stand."""
    before: tuple[str, nn.Module] | None = None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and before and isinstance(before[1], nn.Conv2d):
            # In float64: what is rounded off here would be dreamed on in every step.
            setattr(module, before[0], fuse_conv_bn_eval(before[1].double(), child.double()).float())
            setattr(module, name, nn.Identity())
        before = name, child
        _fold_batch_norm(child)


def _fault(key: str, expected: Tensor, given: Tensor | None) -> str:
    """What is wrong with an entry of a state dict; nothing when it fits."""
    if given is None:
        return f"{key} is missing"
    return "" if given.shape == expected.shape else f"{key} is {_shape(given)} instead of {_shape(expected)}"


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"
