from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from reverie.server.networks.architecture import Architecture
from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.catalogue import UnknownLayer, find
from reverie.server.networks.cutting import cut
from reverie.server.networks.staged import StagedNetwork
from reverie.server.networks.weights import UnfitWeights

FIVE = ("googlenet", "inception_v3", "vgg16", "vgg19", "resnet50")
EACH = pytest.mark.parametrize("architecture", [ARCHITECTURES[name] for name in FIVE], ids=FIVE)
IMAGENET = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).view(2, 1, 3, 1, 1)


def theirs(model: nn.Module, architecture: Architecture, picture: Tensor) -> dict[str, Tensor]:
    """What torchvision's own forward computes at every layer, given a picture normalised as torchvision says."""
    seen: dict[str, Tensor] = {}

    def watch(layer: str) -> None:
        def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            seen.setdefault(layer, output.clone())  # the first answer: a ReLU module may be used again

        model.get_submodule(architecture.stages[layer][-1]).register_forward_hook(keep)

    for layer in architecture.layers:
        watch(layer)
    with torch.no_grad():
        model((picture - IMAGENET[0]) / IMAGENET[1])
    return seen


def picture(side: int = 96) -> Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))


@EACH
def test_every_layer_equals_torchvisions_own(architecture: Architecture, random_model: Callable[..., nn.Module]):
    options = {"transform_input": True} if architecture.name in ("googlenet", "inception_v3") else {}
    model = random_model(architecture, **options)
    network = cut(architecture, architecture.name, model.state_dict())
    expected = theirs(model, architecture, picture())
    with torch.no_grad():
        ours = network(picture(), network.layers)
    assert list(expected) == list(network.layers)
    for layer, activation in zip(network.layers, ours, strict=True):
        scale = expected[layer].abs().max()
        torch.testing.assert_close(activation / scale, expected[layer] / scale, atol=2e-5, rtol=0, msg=layer)


@EACH
def test_what_is_declared_is_what_is_built(architecture: Architecture, random_model: Callable[..., nn.Module]):
    network = cut(architecture, architecture.name, random_model(architecture).state_dict())
    info = find(architecture.name)
    assert (network.name, network.layers, network.default_layers) == (info.name, info.layers, info.default_layers)
    assert set(info.default_layers) <= set(info.layers)
    assert not any(p.requires_grad for p in network.parameters())
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    assert not network.training


def googlenet(random_model: Callable[..., nn.Module], **options: object) -> StagedNetwork:
    architecture = ARCHITECTURES["googlenet"]
    return cut(architecture, "googlenet", random_model(architecture, **options).state_dict())


def test_nothing_past_the_deepest_layer_is_run(random_model: Callable[..., nn.Module]):
    network = googlenet(random_model)
    run: list[str] = []
    for layer, stage in zip(network.layers, network.stages, strict=True):
        stage.register_forward_hook(lambda *_, layer=layer: run.append(layer))
    network(picture(64), ["inception4c", "conv2"])
    assert tuple(run) == network.layers[: network.layers.index("inception4c") + 1]


def test_activations_come_in_the_order_asked_for(random_model: Callable[..., nn.Module]):
    network = googlenet(random_model)
    deep, shallow = network(picture(64), ["inception_4c/output", "CONV1"])
    assert (deep.shape[1], shallow.shape[1]) == (512, 64)
    assert network(picture(64))[0].equal(deep)
    with pytest.raises(UnknownLayer, match="inception4c"):
        network(picture(64), ["inception4z"])


def test_a_layer_asked_for_survives_the_relu_after_it(random_model: Callable[..., nn.Module]):
    architecture = ARCHITECTURES["vgg16"]
    network = cut(architecture, "vgg16", random_model(architecture).state_dict())
    x = picture(32).requires_grad_()
    before, after = network(x, ["conv1_1", "relu1_1"])
    assert before.min() < 0 <= after.min()
    assert after.equal(before.relu())
    (before.square().sum() + after.square().sum()).backward()
    assert x.grad is not None and x.grad.abs().max() > 0


def test_auxiliary_heads_and_classifier_may_be_there_or_not(random_model: Callable[..., nn.Module]):
    architecture = ARCHITECTURES["googlenet"]
    full = random_model(architecture, aux_logits=True).state_dict()
    bare = {key: value for key, value in full.items() if not key.startswith(("aux", "fc"))}
    assert len(bare) < len(full)
    a, b = (cut(architecture, "mine", weights)(picture(64))[0] for weights in (full, bare))
    assert a.equal(b)


def test_weights_of_another_architecture_are_named(random_model: Callable[..., nn.Module]):
    weights = random_model(ARCHITECTURES["vgg16"]).state_dict()
    with pytest.raises(
        UnfitWeights, match=r"not weights of VGG-19: .*features\.19\.weight is 512×512×3×3 instead of 512×256×3×3"
    ) as caught:
        cut(ARCHITECTURES["vgg19"], "mine", weights)
    assert "networks --all" in caught.value.hint
    with pytest.raises(UnfitWeights, match=r"conv1\.conv\.weight is missing"):
        cut(ARCHITECTURES["googlenet"], "mine", weights)


# The smallest sides are torchvision's own figures (the weights' `min_size`); strides follow from the papers.
@pytest.mark.parametrize(
    ("name", "min_side", "layer", "stride"),
    [
        ("googlenet", 15, "inception4c", 16),
        ("inception_v3", 75, "Mixed_6b", 16),
        ("vgg16", 32, "relu4_3", 8),
        ("vgg19", 32, "pool5", 32),
        ("resnet50", 1, "layer3", 16),
    ],
)
def test_smallest_side_and_stride(
    name: str, min_side: int, layer: str, stride: int, random_model: Callable[..., nn.Module]
):
    architecture = ARCHITECTURES[name]
    network = cut(architecture, name, random_model(architecture).state_dict())
    assert network.min_side == min_side
    assert network.stride(layer) == stride
    assert all(a.numel() for a in network(picture(min_side), network.layers))
    if min_side > 1:
        with pytest.raises(RuntimeError):
            network(picture(min_side - 1), network.layers)
