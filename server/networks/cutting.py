"""From published modules to named stages with batch norm folded away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .architecture import Architecture
from .building import ChannelsFirst, bare_model, bare_state, fill, joined, renamed
from .classes import class_names as names_of
from .heads import class_map
from .staged import StagedNetwork
from .weights import UnfitWeights

_STEP_COUNTER = "num_batches_tracked"  # batch norm's, of no use once training is over


def cut(
    architecture: Architecture, name: str, weights: Mapping[str, Tensor], class_names: Sequence[str] = ()
) -> StagedNetwork:
    """The staged network of a published state dict, called ``name``. Raises `UnfitWeights`."""
    needed = needed_weights(architecture, weights)
    classes = class_count(architecture, needed)
    if architecture.bgr:
        # The first convolution takes the channels the other way round, so that no picture need be turned.
        first = next(iter(needed))
        needed[first] = needed[first].flip(1)
    model = bare_model(architecture, classes)
    fill(model, needed)
    model.eval()
    stages = {layer: joined(model, paths) for layer, paths in architecture.stages.items()}
    for stage in stages.values():
        _fold_batch_norm(stage)
    if architecture.channels_last:
        stages = {layer: ChannelsFirst(stage, layer == architecture.layers[0]) for layer, stage in stages.items()}
    return StagedNetwork(
        name,
        stages,
        architecture.default_layers,
        architecture.mean,
        architecture.std,
        parts=architecture.parts,
        head=class_map(joined(model, architecture.head)) if classes else None,
        classes=names_of(classes, class_names),
    )


def needed_weights(architecture: Architecture, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The entries of a state dict that the stages and the classifier need, by our modules' names, in float32.

    The classifier may be there or not; auxiliary heads are passed over. Raises `UnfitWeights`.
    """
    weights = renamed(architecture, weights)
    expected = _expected(architecture, (path for paths in architecture.stages.values() for path in paths))
    faults = [fault for key, tensor in expected.items() if (fault := _fault(key, tensor, weights.get(key)))]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise UnfitWeights(
            f"These are not weights of {architecture.title}: {', '.join(faults[:3])}{more}",
            "Choose the architecture that the weights were trained in; reverie networks --all lists torchvision's, "
            "and bvlc_googlenet and inception5h are known too.",
        )
    if classes := class_count(architecture, weights):
        expected |= _expected(architecture, architecture.head, classes)
    return {key: _plain(weights[key]) for key in expected}


def class_count(architecture: Architecture, weights: Mapping[str, Tensor]) -> int:
    """How many classes a state dict's classifier tells apart; 0 when there is none, or not the architecture's own."""
    weights = renamed(architecture, weights)
    logits = weights.get(f"{architecture.logits}.weight")
    if logits is None or logits.dim() == 0:
        return 0
    expected = _expected(architecture, architecture.head, len(logits))
    return 0 if any(_fault(key, tensor, weights.get(key)) for key, tensor in expected.items()) else len(logits)


def _expected(architecture: Architecture, paths: Iterable[str], classes: int = 0) -> dict[str, Tensor]:
    """The entries, without numbers in them, of the submodules at ``paths``."""
    prefixes = tuple(f"{path}." for path in paths)
    state = bare_state(architecture, classes)
    return {key: state[key] for key in state if key.startswith(prefixes) and not key.endswith(_STEP_COUNTER)}


def _plain(tensor: Tensor) -> Tensor:
    return (tensor.detach().float() if tensor.is_floating_point() else tensor.detach()).contiguous()


def _fold_batch_norm(module: nn.Module) -> None:
    """Put each batch norm into the convolution before it, wherever in ``module`` they stand."""
    before: tuple[str, nn.Module] | None = None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and before and isinstance(before[1], nn.Conv2d):
            # In float64: what is rounded off here would be dreamed on in every step.
            setattr(module, before[0], fuse_conv_bn_eval(before[1].double(), child.double()).float())
            setattr(module, name, nn.Identity())
        elif isinstance(child, nn.BatchNorm2d):
            child.num_batches_tracked = None
        before = name, child
        _fold_batch_norm(child)


def _fault(key: str, expected: Tensor, given: Tensor | None) -> str:
    """What is wrong with an entry of a state dict; nothing when it fits."""
    if given is None:
        return f"{key} is missing"
    return "" if given.shape == expected.shape else f"{key} is {_shape(given)} instead of {_shape(expected)}"


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"
