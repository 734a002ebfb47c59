"""Compiled by numba, pooling, normalising and ReLU's way back are what torch makes of them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from reverie.server.networks import native, relu
from reverie.server.networks.lrn import LocalResponseNorm
from reverie.server.networks.pooling import MaxPool, fits

LAST = torch.channels_last


@pytest.fixture(scope="module", autouse=True)
def two_threads() -> Iterator[None]:
    """Whatever the machine has, rows are shared out among threads."""
    pytest.importorskip("numba")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    assert all(kernels.serve(noise(1, 1, 1, 1)) for kernels in native.FAMILIES)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    for kernels in native.FAMILIES:
        monkeypatch.setattr(kernels, "_loaded", [])
    monkeypatch.setitem(sys.modules, "numba", None)
    for name in [name for name in sys.modules if name.startswith("reverie.server.networks.compiled")]:
        monkeypatch.delitem(sys.modules, name)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(memory_format=LAST)


def tied(*shape: int) -> Tensor:
    """As after a ReLU, and rounded, so that windows have several maxima."""
    return noise(*shape).relu().mul(2).round()


def pull(run: Callable[[Tensor], Tensor], x: Tensor, slope: Tensor | None = None) -> tuple[Tensor, Tensor]:
    seen = x.clone(memory_format=torch.preserve_format).requires_grad_()
    result = run(seen)
    return result.detach(), torch.autograd.grad(result, seen, noise(*result.shape, seed=1) if slope is None else slope)[
        0
    ]


def check_pool(pool: nn.MaxPool2d, x: Tensor) -> None:
    assert native.pooling.serve(x) and fits(pool)
    for ours, theirs in zip(pull(MaxPool(pool), x), pull(pool, x), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0, equal_nan=True)
        assert ours.is_contiguous(memory_format=LAST)


@settings(deadline=None, max_examples=200)
@given(data=st.data(), ceil=st.booleans(), channels=st.sampled_from([1, 3, 16, 37]))
def test_max_pooling_is_torchs_to_the_bit(data: st.DataObject, ceil: bool, channels: int):
    kernel = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    stride = data.draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    padding = data.draw(st.tuples(*(st.integers(0, side // 2) for side in kernel)))
    size = data.draw(st.tuples(*(st.integers(side, 23) for side in kernel)))
    check_pool(nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil), tied(2, channels, *size))


def test_the_largest_window():
    check_pool(nn.MaxPool2d(15, 1, 7), noise(1, 5, 31, 20))


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), float("inf"), -0.0])
def test_what_is_no_number_is_pooled_as_torch_pools_it(value: float):
    x = noise(1, 20, 17, 12)
    x[noise(1, 20, 17, 12, seed=2) > 0.3] = value
    x[:, :3] = value
    check_pool(nn.MaxPool2d(3, 2, 1), x)
    check_pool(nn.MaxPool2d(3, 1, 1), x)


def test_many_threads_pool_and_normalise_as_one_does():
    x = noise(1, 24, 40, 30)
    for run in (MaxPool(nn.MaxPool2d(3, 1, 1)), LocalResponseNorm(5, 0.1, 0.75, 1.0)):
        several = pull(run, x)
        torch.set_num_threads(1)
        alone = pull(run, x)
        assert torch.get_num_threads() == 1
        torch.set_num_threads(2)
        assert all(torch.equal(one, other) for one, other in zip(several, alone, strict=True))


@settings(deadline=None, max_examples=60)
@given(
    channels=st.integers(1, 40),
    reach=st.integers(0, 6),
    beta=st.sampled_from([0.5, 0.75]),
    k=st.sampled_from([1.0, 2.0]),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_local_response_norm_is_torchs(channels: int, reach: int, beta: float, k: float, size: tuple[int, int]):
    x, scale = 30 * noise(2, channels, *size), 1e-3
    window = 2 * reach + 1
    assert native.normalisation.serve(x)
    ours = pull(LocalResponseNorm(window, scale, beta, k), x)
    reference = nn.LocalResponseNorm(window, scale * window, beta, k)
    theirs = pull(reference, x.double(), noise(*x.shape, seed=1).double())
    for one, other in zip(ours, theirs, strict=True):
        assert (one - other).norm() <= 1e-6 * other.norm()


@pytest.mark.parametrize("least", [0, 1 << 30], ids=["compiled", "by torch"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("cuts", [(40,), (7, 30, 3)], ids=str)
def test_slopes_go_back_through_relu_as_torch_takes_and_rounds_them(
    cuts: tuple[int, ...], dtype: torch.dtype, least: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(relu, "_WORTH_COMPILING", least)
    slope, result = 1e3 * noise(2, 40, 61, 43), noise(2, 40, 61, 43, seed=3).relu()
    slope[:, 0, 0] = torch.tensor(float("nan"))
    slope[:, 1, 0], slope[:, 2, 0], slope[:, 3, 0] = float("inf"), 3.4e38, 1 + 2**-8
    # As branches hand them back: among other channels, and some in bfloat16.
    parts: list[Tensor] = [
        torch.cat([part, part[:, :5]], 1).contiguous(memory_format=LAST)[:, : part.shape[1]] if len(cuts) > 1 else part
        for part in slope.split(cuts, 1)
    ]
    parts[-1] = parts[-1].bfloat16()
    assert native.rounding.serve(*parts, result, partly=True)
    ours = relu.back(parts, result, dtype)
    whole = torch.cat([part.to(dtype).float() for part in parts], 1)
    theirs = torch.ops.aten.threshold_backward(whole, result, 0).to(dtype)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    "x", [noise(1, 8, 9, 7).double(), noise(1, 8, 9, 7).bfloat16(), noise(1, 8, 9, 7).contiguous()]
)
def test_other_tensors_are_left_to_torch(x: Tensor):
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    assert not native.pooling.serve(x)
    way = torch.ones(1, 8, 4, 3, dtype=x.dtype)
    for ours, theirs in zip(pull(MaxPool(pool), x, way), pull(pool, x, way), strict=True):
        assert torch.equal(ours, theirs)


def test_a_picture_too_small_is_refused_as_torch_refuses_it():
    with pytest.raises(RuntimeError, match="too small"):
        MaxPool(nn.MaxPool2d(3))(noise(1, 4, 2, 2))


@pytest.mark.parametrize(
    "pool", [nn.MaxPool2d(3, dilation=2), nn.MaxPool2d(3, return_indices=True), nn.MaxPool2d(17)], ids=str
)
def test_other_pools_are_left_to_torch(pool: nn.MaxPool2d):
    assert not fits(pool)


def test_pooling_waits_until_loading_pays(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(native.pooling, "_loaded", [])
    monkeypatch.setattr(native.pooling, "_asked", 0)
    monkeypatch.setattr(native, "_WORTH_LOADING", 3 * 4 * 7 * 5)
    x, pool = tied(1, 4, 7, 5), MaxPool(nn.MaxPool2d(3))
    results = [pool(x) for _ in range(3)]
    assert not native.pooling._loaded
    results.append(pool(x))
    assert native.pooling._loaded
    assert all(torch.equal(result, results[0]) for result in results)


def test_loading_some_keeps_no_others_waiting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(native.winograd, "_loaded", [])
    asked, go_on = threading.Event(), threading.Event()

    def load() -> None:
        asked.set()
        go_on.wait(60)

    monkeypatch.setattr(native.winograd, "_load", load)
    warming = threading.Thread(target=native.get_ready)
    warming.start()
    assert asked.wait(60)
    pooled = MaxPool(nn.MaxPool2d(3))(tied(1, 4, 9, 9))
    assert warming.is_alive() and pooled.shape == (1, 4, 3, 3)
    go_on.set()
    warming.join(60)
    assert not warming.is_alive() and len(native.winograd._loaded) == 1


def test_without_numba_torch_pools(without_numba: None, caplog: pytest.LogCaptureFixture):
    x = tied(1, 8, 9, 7)
    assert not native.pooling.serve(x)
    for ours, theirs in zip(pull(MaxPool(nn.MaxPool2d(3)), x), pull(nn.MaxPool2d(3), x), strict=True):
        assert torch.equal(ours, theirs)
    assert not caplog.records


def test_a_compiler_that_fails_ends_nothing(
    without_numba: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    class Broken:
        def __getattr__(self, name: str):
            raise OSError("LLVM is not\nfound")

    monkeypatch.setitem(sys.modules, "numba", Broken())  # type: ignore[arg-type]
    x = noise(1, 8, 9, 7)
    for _ in range(2):
        torch.testing.assert_close(LocalResponseNorm(5, 0.1, 0.75, 1.0)(x), nn.LocalResponseNorm(5, 0.5, 0.75, 1.0)(x))
    (record,) = caplog.records
    assert "\n" not in record.getMessage() and "LLVM is not found" in record.getMessage()
