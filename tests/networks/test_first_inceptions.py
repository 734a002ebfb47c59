"""The networks that dreamed first, against what Caffe and TensorFlow compute, written out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from reverie.server.networks.adding import add
from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.catalogue import check_layers, find
from reverie.server.networks.cutting import cut
from reverie.server.networks.loading import load
from reverie.server.networks.lrn import LocalResponseNorm

# Block: its input's channels, then the widths of 1×1, 3×3 reduced, 3×3, 5×5 reduced, 5×5, pooled.
CAFFE = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}
TENSORFLOW = CAFFE | {
    "4a": (480, 192, 96, 204, 16, 48, 64),
    "4b": (508, 160, 112, 224, 24, 64, 64),
    "5a": (832, 256, 160, 320, 48, 128, 128),
}


def state_dict(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(5)
    weights: dict[str, Tensor] = {}
    for name, shape in shapes.items():
        fan_in = int(np.prod(shape[1:]))
        weights[f"{name}.weight"] = torch.randn(shape, generator=generator) * (2 / fan_in) ** 0.5
        weights[f"{name}.bias"] = 0.1 * torch.randn(shape[0], generator=generator)
    return weights


def blocks(table: dict[str, tuple[int, ...]], pattern: str, reduce3: str, reduce5: str, project: str) -> dict:
    shapes = {}
    for block, (channels, ones, few3, threes, few5, fives, pooled) in table.items():
        layers = {
            "1x1": (ones, channels, 1, 1),
            reduce3: (few3, channels, 1, 1),
            "3x3": (threes, few3, 3, 3),
            reduce5: (few5, channels, 1, 1),
            "5x5": (fives, few5, 5, 5),
            project: (pooled, channels, 1, 1),
        }
        shapes |= {pattern.format(block, layer): shape for layer, shape in layers.items()}
    return shapes


@pytest.fixture(scope="module")
def caffe_weights() -> dict[str, Tensor]:
    """As the converted bvlc_googlenet.pth has them, auxiliary classifier and all."""
    stem = {"conv1_7x7_s2": (64, 3, 7, 7), "conv2_3x3_reduce": (64, 64, 1, 1), "conv2_3x3": (192, 64, 3, 3)}
    inside = blocks(CAFFE, "inception_{}_{}", "3x3_reduce", "5x5_reduce", "pool_proj")
    heads = {"loss1_conv": (128, 512, 1, 1), "loss1_fc_1": (1024, 2048), "loss3_classifier_1": (20, 1024)}
    return state_dict(stem | inside | heads)


@pytest.fixture(scope="module")
def tensorflow_weights() -> dict[str, Tensor]:
    """As the converted inception5h.pth has them."""
    stem = {"conv2d0": (64, 3, 7, 7), "conv2d1": (64, 64, 1, 1), "conv2d2": (192, 64, 3, 3)}
    shapes = {f"{name}_pre_relu_conv": shape for name, shape in stem.items()}
    shapes |= blocks(TENSORFLOW, "mixed{}_{}_pre_relu_conv", "3x3_bottleneck", "5x5_bottleneck", "pool_reduce")
    return state_dict(shapes | {"softmax2_pre_activation_matmul": (12, 1024)})


def caffe(picture: Tensor, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """models/bvlc_googlenet/deploy.prototxt, blob by blob; in place ReLUs make a blob what it is after them."""
    blobs: dict[str, Tensor] = {}
    mean = torch.tensor([104.0, 116.0, 122.0]).view(1, 3, 1, 1)
    x = (255 * picture).flip(1) - mean

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = weights[f"{name}.weight"]
        x = F.conv2d(x, weight, weights[f"{name}.bias"], stride, weight.shape[-1] // 2)
        blobs[f"{name}/pre"] = x
        return F.relu(x)

    def keep(name: str, x: Tensor) -> Tensor:
        blobs[name] = x
        return x

    def pool(x: Tensor) -> Tensor:
        return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-torch.inf), 3, 2)

    x = keep("conv1/7x7_s2", conv(x, "conv1_7x7_s2", 2))
    x = keep("pool1/norm1", F.local_response_norm(pool(x), 5, 1e-4, 0.75, 1.0))
    x = conv(conv(x, "conv2_3x3_reduce"), "conv2_3x3")
    x = keep("pool2/3x3_s2", pool(keep("conv2/norm2", F.local_response_norm(x, 5, 1e-4, 0.75, 1.0))))
    for block in CAFFE:
        at = f"inception_{block}"
        if block in ("4a", "5a"):
            x = keep(f"pool{3 if block == '4a' else 4}/3x3_s2", pool(x))
        three = keep(f"{at}/3x3_reduce", conv(x, f"{at}_3x3_reduce"))
        five = keep(f"{at}/5x5_reduce", conv(x, f"{at}_5x5_reduce"))
        nearby = F.max_pool2d(x, 3, 1, 1)
        branches = [
            keep(f"{at}/1x1", conv(x, f"{at}_1x1")),
            keep(f"{at}/3x3", conv(three, f"{at}_3x3")),
            keep(f"{at}/5x5", conv(five, f"{at}_5x5")),
            keep(f"{at}/pool_proj", conv(nearby, f"{at}_pool_proj")),
        ]
        x = keep(at, torch.cat(branches, 1))
        ends = ("1x1", "3x3", "5x5", "pool_proj")
        keep(f"{at}/pre", torch.cat([blobs[f"{at}_{end}/pre"] for end in ends], 1))
    head = "loss3_classifier_1"
    keep("logits", F.linear(x.mean((2, 3)), weights[f"{head}.weight"], weights[f"{head}.bias"]))
    return blobs


def tensorflow(picture: Tensor, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """tensorflow_inception_graph.pb, node by node, with TensorFlow's own rules for padding and normalising."""
    nodes: dict[str, Tensor] = {}

    def same(x: Tensor, kernel: int, stride: int, value: float = 0.0) -> Tensor:
        pads: list[int] = []
        for size in (x.shape[3], x.shape[2]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return F.pad(x, pads, value=value)

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = weights[f"{name}_pre_relu_conv.weight"]
        x = F.conv2d(same(x, weight.shape[-1], stride), weight, weights[f"{name}_pre_relu_conv.bias"], stride)
        nodes[f"{name}_pre_relu"] = x
        nodes[name] = F.relu(x)
        return nodes[name]

    def pool(x: Tensor, stride: int) -> Tensor:
        return F.max_pool2d(same(x, 3, stride, -torch.inf), 3, stride)

    def lrn(x: Tensor) -> Tensor:
        padded = F.pad(x.square(), (0, 0, 0, 0, 5, 5))
        total = torch.stack([padded[:, i : i + x.shape[1]] for i in range(11)]).sum(0)
        return x / (2 + 1e-4 * total) ** 0.5

    x = conv(255 * picture - 117, "conv2d0", 2)
    nodes["maxpool0"] = pool(x, 2)
    nodes["localresponsenorm0"] = lrn(nodes["maxpool0"])
    x = conv(conv(nodes["localresponsenorm0"], "conv2d1"), "conv2d2")
    x = nodes["maxpool1"] = pool(lrn(x), 2)
    for block in TENSORFLOW:
        at = f"mixed{block}"
        if block in ("4a", "5a"):
            x = pool(x, 2)
        one = conv(x, f"{at}_1x1")
        three = conv(conv(x, f"{at}_3x3_bottleneck"), f"{at}_3x3")
        five = conv(conv(x, f"{at}_5x5_bottleneck"), f"{at}_5x5")
        x = nodes[at] = torch.cat([one, three, five, conv(pool(x, 1), f"{at}_pool_reduce")], 1)
    head = "softmax2_pre_activation_matmul"
    nodes["logits"] = F.linear(x.mean((2, 3)), weights[f"{head}.weight"], weights[f"{head}.bias"])
    return nodes


def picture(height: int, width: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(2))


def close(ours: Tensor, theirs: Tensor, name: str) -> None:
    assert ours.shape == theirs.shape, name
    scale = theirs.abs().max()
    torch.testing.assert_close(ours / scale, theirs / scale, atol=2e-5, rtol=0, msg=name)


@pytest.mark.parametrize("size", [(64, 96), (75, 51)])
def test_bvlc_googlenet_is_caffes(caffe_weights: dict[str, Tensor], tmp_path: Path, size: tuple[int, int]):
    file = tmp_path / "bvlc_googlenet.pth"
    torch.save(caffe_weights, file)
    info = add(file, "bvlc_googlenet", "bvlc_googlenet")
    assert len(info.classes) == 20
    network = load("bvlc_googlenet")
    theirs = caffe(picture(*size), caffe_weights)
    names = [name for name in theirs if name in (*network.layers, *network.parts)]
    assert len(names) > 50
    for name, ours in zip(names, network(picture(*size), names), strict=True):
        close(ours, theirs[name], name)
    before = ["inception_3b/pre", "inception_4c/output/pre"]
    for name, ours in zip(before, network(picture(*size), before), strict=True):
        close(ours, theirs[name.replace("/output", "")], name)
    (classes,) = network(picture(*size), ["classes"])
    close(classes.mean((2, 3)), theirs["logits"], "classes")


def test_inception5h_is_tensorflows(tensorflow_weights: dict[str, Tensor]):
    network = cut(ARCHITECTURES["inception5h"], "inception5h", tensorflow_weights)
    theirs = tensorflow(picture(64, 96), tensorflow_weights)
    names = [name for name in theirs if name != "logits"]
    for name, ours in zip(names, network(picture(64, 96), names), strict=True):
        close(ours, theirs[name], name)
    close(network(picture(64, 96), ["classes"])[0].mean((2, 3)), theirs["logits"], "classes")


def test_places_have_their_own_classes(caffe_weights: dict[str, Tensor], tmp_path: Path):
    weights = {name: tensor for name, tensor in caffe_weights.items() if not name.startswith("loss3")}
    weights |= {"loss3_classifier.weight": torch.zeros(3, 1024), "loss3_classifier.bias": torch.tensor([1.0, 2.0, 3.0])}
    torch.save(weights, tmp_path / "places.pth")
    info = add(tmp_path / "places.pth", "bvlc_googlenet", "places", ["abbey", "airport", "alley"])
    assert info == find("places") and info.classes == ("abbey", "airport", "alley")
    (classes,) = load("places")(picture(32, 32), ["classes"])
    assert classes.mean((0, 2, 3)).tolist() == [1, 2, 3]


def test_as_published_without_a_classifier(caffe_weights: dict[str, Tensor]):
    weights = {name: tensor for name, tensor in caffe_weights.items() if not name.startswith("loss3")}
    network = cut(ARCHITECTURES["bvlc_googlenet"], "net", weights)
    assert network.classes == () and network(picture(32, 32))[0].shape == (1, 512, 2, 2)


@pytest.mark.parametrize(
    ("architecture", "asked", "meant"),
    [
        ("bvlc_googlenet", "inception_3b/5x5_reduce", "inception_3b/5x5_reduce"),
        ("bvlc_googlenet", "inception_4d_3x3_reduce", "inception_4d/3x3_reduce"),
        ("bvlc_googlenet", "conv2/3x3", "conv2/3x3"),
        ("bvlc_googlenet", "inception_4c/output", "inception_4c"),
        ("inception5h", "mixed4d_3x3_bottleneck_pre_relu", "mixed4d_3x3_bottleneck/pre"),
        ("inception5h", "mixed4c", "mixed4c"),
    ],
)
def test_layers_by_their_published_names(architecture: str, asked: str, meant: str, request: pytest.FixtureRequest):
    fixture = "caffe_weights" if architecture == "bvlc_googlenet" else "tensorflow_weights"
    network = cut(ARCHITECTURES[architecture], "net", request.getfixturevalue(fixture))
    assert check_layers(network, [asked]) == (meant,)


def test_what_they_see(caffe_weights: dict[str, Tensor], tensorflow_weights: dict[str, Tensor]):
    """Halo and stride against the gradient's reach: a padding that is not the same on both sides counts too."""
    for name, weights, layer in (
        ("bvlc_googlenet", caffe_weights, "inception_3a"),
        ("bvlc_googlenet", caffe_weights, "inception_3a/3x3_reduce"),
        ("inception5h", tensorflow_weights, "mixed3a"),
    ):
        network = cut(ARCHITECTURES[name], name, weights).double()
        x = picture(160, 160).double().requires_grad_()
        (activation,) = network(x, [layer])
        middle, stride = activation.shape[-1] // 2, network.stride(layer)
        (slope,) = torch.autograd.grad(activation[..., middle, middle].square().sum(), x)
        columns = slope.abs().sum((0, 1, 2)).nonzero().flatten()
        reach = max(middle * stride - int(columns.min()), int(columns.max()) - (middle + 1) * stride + 1)
        assert stride == 8 and 0.7 * network.halo(layer) <= reach <= network.halo(layer), (name, layer)
        assert not network.sees_all(layer)


@pytest.mark.parametrize(
    ("size", "alpha", "beta", "k"), [(5, 1e-4, 0.75, 1.0), (11, 11e-4, 0.5, 2.0), (3, 2.0, 0.75, 1.5)]
)
def test_local_response_norm_is_torchs(size: int, alpha: float, beta: float, k: float):
    x = (30 * torch.randn(2, 24, 7, 9, generator=torch.Generator().manual_seed(4))).requires_grad_()
    ours = LocalResponseNorm(size, alpha / size, beta, k)(x)
    theirs = torch.nn.LocalResponseNorm(size, alpha, beta, k)(x)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    way = torch.randn(ours.shape, generator=torch.Generator().manual_seed(5))
    (our_slope,), (their_slope,) = (torch.autograd.grad(y, x, way) for y in (ours, theirs))
    torch.testing.assert_close(our_slope, their_slope, atol=1e-5, rtol=1e-4)


def test_local_response_norm_survives_half_precision():
    x = torch.full((1, 8, 2, 2), 2000.0)
    norm = LocalResponseNorm(5, 2e-5, 0.75, 1.0)
    torch.testing.assert_close(norm(x.half()).float(), norm(x), rtol=5e-3, atol=0)
