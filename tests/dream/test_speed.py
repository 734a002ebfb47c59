"""What is done for speed and memory changes nothing that can be seen."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from reverie.server.bench.engine.card import card_rows
from reverie.server.dream.events import Finished
from reverie.server.dream.memory import OutOfMemory, pixels_at_once, tile_budget
from reverie.server.dream.plan import plan
from reverie.server.dream.still import dream_still
from reverie.server.dream.tiles import tiling
from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.blossom import blossom
from reverie.server.networks.cutting import cut
from reverie.server.networks.fusing import fused
from reverie.server.networks.kernels import FusedConv
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings

CPU = torch.device("cpu")


def pull(run: nn.Module, picture: Tensor, *more: object) -> tuple[list[Tensor], Tensor]:
    """Activations, and the gradient of their energy."""
    seen = picture.clone(memory_format=torch.channels_last).requires_grad_()
    activations = run(seen, *more)
    energy = torch.stack([activation.float().square().sum() for activation in activations]).sum()
    return activations, torch.autograd.grad(energy, seen)[0]


@settings(deadline=None, max_examples=60)
@given(
    channels=st.sampled_from([3, 8]),
    kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
    size=st.tuples(st.integers(7, 23), st.integers(7, 23)),
    activation=st.sampled_from([nn.Identity, nn.ReLU, nn.SiLU]),
    bias=st.booleans(),
    border=st.sampled_from(["zeros", "replicate"]),
)
def test_a_fused_convolution_is_the_convolution(
    channels: int,
    kernel: tuple[int, int],
    stride: int,
    padding: int,
    size: tuple[int, int],
    activation: type[nn.Module],
    bias: bool,
    border: str,
) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(channels, 5, kernel, stride, padding, bias=bias, padding_mode=border)  # type: ignore[arg-type]
    picture = torch.rand(2, channels, *size)
    plain = nn.Sequential(conv.requires_grad_(False), activation())
    name = {nn.Identity: "none", nn.ReLU: "relu", nn.SiLU: "silu"}[activation]
    expected, slope = pull(lambda x: [plain(x)], picture)  # type: ignore[arg-type]
    actual, fused_slope = pull(lambda x: [FusedConv(conv, name)(x)], picture)  # type: ignore[arg-type]
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(fused_slope, slope, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("googlenet", ("maxpool1", "inception4c")),
        ("googlenet", ("inception3a/pre",)),
        ("vgg16", ("conv1_2", "relu2_1", "conv2_2")),
        ("resnet50", ("layer1",)),
        ("blossom", ("conv2", "inception4a")),
    ],
)
def test_a_fused_network_is_the_network(name: str, layers: tuple[str, ...]) -> None:
    network = lively(name)
    picture = torch.rand(1, 3, 67, 98, generator=torch.Generator().manual_seed(2))
    run = fused(network, layers)
    assert any(isinstance(module, FusedConv) and module.activation in ("relu", "silu") for module in run.modules())
    assert not any(isinstance(module, nn.Conv2d) for name, module in run.named_modules() if not name.endswith(".conv"))
    expected, slope = pull(network, picture, layers)
    actual, fused_slope = pull(run, picture)
    for one, other in zip(actual, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
    # A ReLU or a pooling whose inputs differ by rounding alone may decide otherwise here and there.
    assert (fused_slope - slope).norm() < 5e-3 * slope.norm()


def test_what_cannot_be_traced_is_run_as_it_is(picture: Tensor) -> None:
    class Moody(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x) if x.mean() > 0 else -x

    network = StagedNetwork("moody", {"only": Moody(), "then": nn.Sequential(nn.Conv2d(4, 2, 1), nn.ReLU())}, ("then",))
    for sign in (1, -1):
        if sign < 0:
            network.stages[1] = nn.Identity()
        expected, slope = pull(network, sign * picture, ("then",))
        actual, fused_slope = pull(fused(network, ("then",)), sign * picture)
        torch.testing.assert_close(actual, expected)
        torch.testing.assert_close(fused_slope, slope, rtol=1e-4, atol=1e-5)


def test_automatic_precision_keeps_the_gradients_direction() -> None:
    network = lively("googlenet")
    picture = torch.rand(1, 3, 150, 131, generator=torch.Generator().manual_seed(4))
    layers = network.default_layers
    full = pull(network, picture, layers)[1]
    coarse = pull(fused(network, layers, torch.bfloat16), picture)[1]
    assert F.cosine_similarity(full.flatten(), coarse.flatten(), dim=0) > 0.999
    assert not torch.equal(full, coarse), "it computes in bfloat16 at all"


def test_a_plan_is_made_once(small_network: StagedNetwork) -> None:
    assert plan(small_network, ("third",), "float32") is plan(small_network, ("third",), "float32")
    assert plan(small_network, ("third",), "float32") is not plan(small_network, ("second",), "float32")


@pytest.mark.parametrize("tile", [0, 40])
def test_same_job_same_bytes(tile: int) -> None:
    network = lively("googlenet")
    picture = torch.rand(1, 3, 70, 90, generator=torch.Generator().manual_seed(6))
    first, second = (dreamed(picture, network, DreamSettings(octaves=2, iterations=2, tile=tile)) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("words", ["[enforce fail] DefaultCPUAllocator: can't allocate memory", "CUDA out of memory"])
def test_when_memory_runs_out_tiles_are_halved_once(words: str) -> None:
    picture = torch.rand(1, 3, 200, 210, generator=torch.Generator().manual_seed(8))
    network = hungry(limit=30_000, words=words)
    request = DreamSettings(octaves=1, iterations=3)
    *events, end = dream_still(picture, network, request)
    assert isinstance(end, Finished)
    assert [event.step for event in events if not isinstance(event, Finished)].count(0) >= 1, "it was cut"
    calm = dreamed(picture, hungry(limit=10**9), request)
    assert (end.picture - calm).abs().max() < 1e-4
    with pytest.raises(OutOfMemory) as caught:
        dreamed(F.interpolate(picture, scale_factor=2), network, request)
    assert "Tile" in caught.value.hint


def test_other_errors_are_not_taken_for_want_of_memory(picture: Tensor) -> None:
    with pytest.raises(RuntimeError, match="shape"):
        dreamed(
            picture.repeat(1, 1, 2, 2),
            hungry(limit=20_000, words="a shape is wrong"),
            DreamSettings(octaves=1, iterations=1),
        )


def test_the_memory_setting_bounds_the_tile() -> None:
    network = lively("googlenet")
    sizes = []
    for gigabytes in (0.5, 2.0, 8.0):
        budget = tile_budget(CPU, gigabytes, picture_bytes=12 * 1024**2)
        assert budget <= gigabytes * 1e9
        cutting = tiling(network, ("inception4c",), CPU, budget=budget)
        most = pixels_at_once(network, ("inception4c",), CPU, budget)
        for tile in cutting.cut(9000, 7000):
            rows, columns = (span.outer_stop - span.outer_start for span in (tile.rows, tile.columns))
            assert rows * columns <= 1.1 * most
        sizes.append(most)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


def dreamed(picture: Tensor, network: StagedNetwork, request: DreamSettings) -> Tensor:
    *_, last = dream_still(picture, network, request)
    assert isinstance(last, Finished)
    return last.picture


def hungry(limit: int, words: str = "") -> StagedNetwork:
    """A network that says ``words`` instead of looking at more than ``limit`` pixels."""

    class Hungry(nn.Module):
        is_leaf = True

        def forward(self, x: Tensor) -> Tensor:
            if x.device.type != "meta" and x.shape[-1] * x.shape[-2] > limit and x.requires_grad:
                raise RuntimeError(words)
            return x

    torch.manual_seed(3)
    stages = {"only": nn.Sequential(Hungry(), nn.Conv2d(3, 6, 3, padding=1), nn.Softplus())}
    return StagedNetwork("hungry", stages, ("only",))


def lively(name: str) -> StagedNetwork:
    """Random weights under which activations stay alive to the last layer."""
    architecture = ARCHITECTURES[name]
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        build = blossom if name == "blossom" else getattr(torchvision.models, architecture.builder)
        model = build(num_classes=architecture.classes, **architecture.options).eval()
        for module in model.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
            if isinstance(module, nn.BatchNorm2d):
                module.train().momentum = None
        model(torch.rand(1, 3, 128, 128) * 2 - 1)
    return cut(architecture, name, model.eval().state_dict()).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def test_the_rows_for_a_card_are_measured_where_there_is_one() -> None:
    """On the CPU, small: what is said there means nothing, but that it can be said."""
    if not torch.cuda.is_available():
        assert [row.holds for row in card_rows(1)] == [None, None]
    rows = list(card_rows(1, torch.device("cpu"), side=64, batch=2))
    assert [row.holds is None for row in rows] == [False, False]
    assert 0 < float(rows[0].measured.split()[0]) < 100
