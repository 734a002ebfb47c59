"""Layers before their ReLU, layers within layers, and class maps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.catalogue import UnknownLayer, check_layers, find
from reverie.server.networks.classes import UnknownClass, class_number
from reverie.server.networks.cutting import cut
from reverie.server.networks.heads import class_map
from reverie.server.networks.staged import StagedNetwork

IMAGENET = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).view(2, 1, 3, 1, 1)
Build = Callable[..., nn.Module]


def network_of(name: str, random_model: Build) -> StagedNetwork:
    return cut(ARCHITECTURES[name], name, random_model(ARCHITECTURES[name]).state_dict())


def picture(side: int = 64) -> Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("googlenet", "conv1"),
        ("googlenet", "inception4c"),
        ("vgg16", "relu3_2"),
        ("resnet50", "conv1"),
        ("resnet50", "layer2"),
    ],
)
def test_before_its_relu_a_layer_is_negative_too(name: str, layer: str, random_model: Build):
    network = network_of(name, random_model)
    x = picture().requires_grad_()
    before, after = network(x, [f"{layer}/pre", layer])
    assert before.min() < 0
    torch.testing.assert_close(F.relu(before), after)
    assert network(x, [layer])[0].equal(after)
    (alone,) = network(x, [f"{layer}/pre"])
    assert alone.equal(before)
    # A unit that is silent after its ReLU still has a slope before it.
    silent = (after <= 0) & (before < -0.1)
    (slope,) = torch.autograd.grad(before[silent].sum(), x)
    assert slope.abs().max() > 0


def test_before_the_relu_of_branches_put_together(random_model: Build):
    """Against the convolutions' own answers, which are what each branch holds before its ReLU."""
    network = network_of("googlenet", random_model)
    stage = network.stages[network.layers.index("inception3a")]
    ends = [stage.branch1, stage.branch2[1], stage.branch3[1], stage.branch4[1]]
    seen: list[Tensor] = []
    hooks = [end.conv.register_forward_hook(lambda _m, _i, output: seen.append(output.clone())) for end in ends]
    network(picture(), ["inception3a"])
    for hook in hooks:
        hook.remove()
    assert network(picture(), ["inception3a/pre"])[0].equal(torch.cat(seen, 1))


def test_a_layer_within_a_layer_runs_nothing_else():
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Conv2d(4, 2, 1), nn.Conv2d(4, 3, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([F.relu(self.left(x), inplace=True), F.relu(self.right(x), inplace=True)], 1)

    block = Block()
    stages = {"first": nn.Conv2d(3, 4, 3, stride=2, padding=1), "block": block, "last": nn.ReLU(inplace=True)}
    network = StagedNetwork("net", stages, ("block",), parts={"block/right": ("block", "right")})
    right, first, whole, last = network(picture(), ["block/right", "first", "block/pre", "last"])
    assert right.equal(block.right(first)) and right.equal(whole[:, 2:]) and right.min() < 0
    assert last.equal(F.relu(whole))
    assert (network.halo("block/right"), network.stride("BLOCK/RIGHT")) == (3, 2)
    run: list[str] = []
    block.left.register_forward_hook(lambda *_: run.append("left"))
    network(picture(), ["block/right"])
    assert run == []
    with pytest.raises(UnknownLayer, match="does not end in one"):
        network(picture(), ["first/pre"])
    with pytest.raises(UnknownLayer, match=r"block/right"):
        network(picture(), ["block/wright"])


def test_readers_follow_the_network_to_another_precision(random_model: Build):
    network = network_of("googlenet", random_model)
    expected = network(picture(), ["inception3a/pre"])[0].double()
    (twice,) = network.double()(picture().double(), ["inception3a/pre"])
    torch.testing.assert_close(twice, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3", "resnet50"])
def test_the_mean_of_the_class_map_is_the_networks_own_answer(name: str, random_model: Build):
    architecture = ARCHITECTURES[name]
    options = {"transform_input": True} if name != "resnet50" else {}
    model = random_model(architecture, num_classes=12, **options)
    network = cut(architecture, name, model.state_dict())
    (classes, last) = network(picture(128), ["classes", network.layers[-1]])
    assert classes.shape == (1, 12, *last.shape[-2:])
    with torch.no_grad():
        logits = model((picture(128) - IMAGENET[0]) / IMAGENET[1])
    torch.testing.assert_close(classes.mean((2, 3)), logits, atol=1e-4 * float(logits.abs().max()), rtol=0)
    assert network.classes == ("",) * 12
    assert (network.stride("classes"), network.halo("classes")) == (
        network.stride(network.layers[-1]),
        network.halo(network.layers[-1]),
    )


def test_where_the_classifier_looks_at_the_whole_it_answers_for_the_whole():
    torch.manual_seed(3)
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d(7), nn.Flatten(), nn.Linear(98, 9), nn.ReLU(), nn.Dropout(), nn.Linear(9, 5)
    )
    x = torch.rand(2, 2, 11, 13)
    assert class_map(head)(x).equal(head.eval()(x)[..., None, None])
    network = StagedNetwork("net", {"first": nn.Conv2d(3, 2, 3)}, ("first",), head=class_map(head), classes=("",) * 5)
    assert network.sees_all("classes") and not network.sees_all("first")


def test_without_a_classifier_there_are_no_classes(random_model: Build):
    architecture = ARCHITECTURES["googlenet"]
    weights = {k: v for k, v in random_model(architecture).state_dict().items() if not k.startswith("fc.")}
    network = cut(architecture, "mine", weights)
    assert network.classes == ()
    for ask in (lambda: network(picture(), ["classes"]), lambda: check_layers(find("ornament"), ["classes"])):
        with pytest.raises(UnknownLayer, match="without a classifier"):
            ask()


def test_names_the_gateway_lets_through():
    info = find("googlenet")
    asked = ["Inception_4c/pre", "inception_4c/output/pre", "classes"]
    assert check_layers(info, asked) == ("inception4c/pre", "inception4c/pre", "classes")
    with pytest.raises(UnknownLayer, match="inception4c"):
        check_layers(info, ["inception4cc/pre"])


def test_classes_by_number_and_name():
    info = find("googlenet")
    assert info.classes[985] == "daisy"
    assert class_number(info, "985") == class_number(info, "Daisy") == 985
    for asked, told in (("dasy", "daisy"), ("shark", "great white shark, tiger shark"), ("1000", "0 to 999")):
        with pytest.raises(UnknownClass, match=told):
            class_number(info, asked)
    with pytest.raises(UnknownClass, match="no classifier"):
        class_number(find("ornament"), "daisy")


def test_imagenets_names_are_torchvisions():
    from torchvision.models import GoogLeNet_Weights

    assert list(find("googlenet").classes) == GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"]
