"""torchvision's classifiers by name: each against torchvision's own forward, on random weights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from reverie.server.networks.architecture import Architecture
from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.building import bare_model, joined
from reverie.server.networks.catalogue import UnknownLayer
from reverie.server.networks.cutting import cut
from reverie.server.networks.published import TORCHVISION, UNFIT
from reverie.server.networks.staged import StagedNetwork

# One of each family, the smallest.
FAMILIES = (
    "resnet18",
    "vgg11_bn",
    "convnext_tiny",
    "efficientnet_b0",
    "regnet_y_400mf",
    "densenet121",
    "swin_t",
    "shufflenet_v2_x0_5",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "squeezenet1_1",
)
# VGG's classifier is left out, as it is of a hundred million weights.
HEADLESS = "vgg11_bn"


@pytest.fixture(scope="module", params=FAMILIES)
def pair(request: pytest.FixtureRequest) -> tuple[nn.Module, StagedNetwork]:
    """torchvision's own model, telling 7 classes apart, and ours of its state dict."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = getattr(torchvision.models, request.param)(
            weights=None, num_classes=1 if request.param == HEADLESS else 7
        )
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.8, 1.2)
                nn.init.normal_(module.bias, 0, 0.1)
                module.running_mean = 0.1 * torch.randn(module.num_features)
                module.running_var = 0.8 + 0.4 * torch.rand(module.num_features)
        for name, parameter in model.named_parameters():
            if name.endswith("layer_scale"):
                nn.init.uniform_(parameter, 0.5, 1.0)  # ConvNeXt begins with blocks that hardly do anything
    if request.param == HEADLESS:
        del model.classifier
    return model.eval(), cut(ARCHITECTURES[request.param], request.param, model.state_dict())


def picture(side: int) -> Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))


def theirs(model: nn.Module, network: StagedNetwork, x: Tensor) -> dict[str, Tensor]:
    """What torchvision's own forward has where our layers end, in the order it gets there."""
    architecture = ARCHITECTURES[network.name]
    seen: dict[str, Tensor] = {}

    def keep(layer: str) -> Callable[..., None]:
        def note(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            seen[layer] = output.clone()

        return note

    hooks = [
        model.get_submodule(paths[-1]).register_forward_hook(keep(layer))
        for layer, paths in architecture.stages.items()
        if not paths[-1].startswith("+")
    ]
    with torch.no_grad():
        whole = model.get_submodule("features" if network.name == HEADLESS else "")
        logits = whole((x - network.mean) / network.std)
    for hook in hooks:
        hook.remove()
    if architecture.channels_last:
        seen = {layer: value.permute(0, 3, 1, 2) for layer, value in seen.items()}
    return seen | ({"logits": logits} if network.classes else {})


def test_every_layer_and_the_logits_are_torchvisions(pair: tuple[nn.Module, StagedNetwork]):
    model, network = pair
    expected = theirs(model, network, picture(64))
    with torch.no_grad():
        ours = dict(zip(network.layers, network(picture(64), network.layers), strict=True))
    assert [layer for layer in expected if layer != "logits"] == [name for name in network.layers if name in expected]
    assert len(expected) >= len(network.layers)
    for layer in set(expected) - {"logits"}:
        scale = expected[layer].abs().max()
        torch.testing.assert_close(ours[layer] / scale, expected[layer] / scale, atol=2e-5, rtol=0, msg=layer)
    if network.classes:
        (classes,) = network(picture(64), ["classes"])
        assert len(network.classes) == classes.shape[1] == 7
        scale = expected["logits"].abs().max()
        torch.testing.assert_close(classes.mean((2, 3)) / scale, expected["logits"] / scale, atol=2e-5, rtol=0)


def test_a_dream_can_climb_and_knows_its_tiles(pair: tuple[nn.Module, StagedNetwork]):
    _, network = pair
    x = picture(96).requires_grad_()
    (activation,) = network(x)
    (slope,) = torch.autograd.grad(activation.square().sum(), x)
    assert slope.isfinite().all() and slope.abs().max() > 0
    (layer,) = network.default_layers
    assert abs(activation.shape[-1] - 96 / network.stride(layer)) <= 1
    assert 4 < network.halo(layer) < 1000
    assert all(a.numel() for a in network(picture(network.min_side), network.layers))


@pytest.mark.parametrize(
    ("name", "layer", "whole"),
    [("resnet18", "layer4", False), ("efficientnet_b0", "stage1", False), ("efficientnet_b0", "stage2", True)],
)
def test_squeeze_and_excitation_sees_everything(name: str, layer: str, whole: bool):
    """Told, and true: a change in one corner reaches the opposite one, or does not."""
    model = getattr(torchvision.models, name)(weights=None)
    network = cut(ARCHITECTURES[name], name, model.eval().state_dict())
    x = picture(512 if name == "resnet18" else 64)
    changed = x.clone()
    changed[..., :8, :8] = 0
    (before,), (after,) = network(x, [layer]), network(changed, [layer])
    assert network.sees_all(layer) == whole
    assert before[..., -1, -1].equal(after[..., -1, -1]) != whole


@pytest.mark.parametrize("layer", ["stage2/pre", "stem/pre"])
def test_what_has_no_relu_has_nothing_before_it(layer: str):
    network = cut(ARCHITECTURES["convnext_tiny"], "net", torchvision.models.convnext_tiny(weights=None).state_dict())
    with pytest.raises(UnknownLayer, match="does not end in one"):
        network(picture(64), [layer])


def test_every_classifier_of_torchvisions_can_dream_or_is_said_not_to():
    known = {architecture.name for architecture in TORCHVISION} | set(UNFIT)
    assert set(torchvision.models.list_models(module=torchvision.models)) <= known


SLOW_TO_BUILD = ("regnet",)


@pytest.mark.parametrize(
    "architecture",
    [a for a in TORCHVISION if not a.name.startswith(SLOW_TO_BUILD)],
    ids=lambda architecture: architecture.name,
)
def test_what_is_declared_is_all_there_is(architecture: Architecture):
    """Every module with weights belongs to one layer or to the classifier, in torchvision's own order."""
    model = bare_model(architecture)
    declared = [path for paths in architecture.stages.values() for path in paths] + list(architecture.head)
    prefixes = tuple(f"{path}." for path in declared if not path.startswith("+"))
    state = list(model.state_dict())
    assert [key for key in state if not key.startswith(prefixes)] == []
    owners = [next(i for i, prefix in enumerate(prefixes) if key.startswith(prefix)) for key in state]
    assert owners == sorted(owners)
    assert f"{architecture.logits}.weight" in state
    joined(model, architecture.head)


def test_normalisation_is_that_of_the_weights():
    for architecture in TORCHVISION:
        if architecture.options.get("aux_logits") is False:
            continue  # ported from TensorFlow: see test_stages
        transforms = torchvision.models.get_model_weights(architecture.name)["IMAGENET1K_V1"].transforms()
        assert (tuple(transforms.mean), tuple(transforms.std)) == (architecture.mean, architecture.std)
