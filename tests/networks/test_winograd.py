"""Winograd's convolution is the convolution, in float32."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from reverie.server.networks import native, winograd
from reverie.server.networks.kernels import FusedConv
from reverie.server.networks.winograd import Winograd, pays

pytest.importorskip("numba")


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(memory_format=torch.channels_last)


def far(ours: Tensor, exact: Tensor) -> float:
    assert ours.shape == exact.shape
    return float((ours.detach() - exact).norm() / exact.norm().clamp_min(0.1))


@settings(deadline=None, max_examples=80)
@given(
    size=st.tuples(st.integers(1, 3), st.integers(1, 23), st.integers(1, 23)),
    channels=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    before=st.sampled_from([0, 7]),
    relu=st.booleans(),
)
def test_it_is_the_convolution(size, channels, padding, before: int, relu: bool):
    batch, *sides = size
    sides = [max(side, 3 - 2 * pad) for side, pad in zip(sides, padding, strict=True)]
    # Among other channels, as those of a branch lie among all that were computed together.
    x = noise(batch, before + channels[0] + before, *sides)[:, before : before + channels[0]]
    weight, bias = noise(channels[1], channels[0], 3, 3, seed=1), noise(1, channels[1], 1, 1, seed=2).flatten()
    assume(native.winograd.serve(x, partly=True))  # a side of 1 may be laid out in any way
    ours = Winograd(weight, bias)(x, padding, relu)
    exact = F.conv2d(x.double(), weight.double(), bias.double(), padding=padding)
    assert far(ours, exact.relu() if relu else exact) < 1e-5
    assert ours.is_contiguous(memory_format=torch.channels_last)


def test_in_bands_it_is_the_same(monkeypatch: pytest.MonkeyPatch):
    x, conv = noise(2, 40, 30, 21), Winograd(noise(36, 40, 3, 3), None)
    whole = conv(x, (1, 1), False)
    monkeypatch.setattr(winograd, "_AT_A_TIME", 36 * 76 * 6 * 3)
    assert far(conv(x, (1, 1), False), whole.double()) < 1e-6


def test_many_threads_convolve_as_one_does():
    x, conv = noise(1, 40, 30, 21), Winograd(noise(36, 40, 3, 3), None)
    before = torch.get_num_threads()
    results = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        results.append(conv(x, (1, 1), True))
    torch.set_num_threads(before)
    assert torch.equal(*results)


def test_what_is_no_number_stays_within_its_tile():
    x = noise(1, 32, 40, 40)
    x[0, 3, 20, 20] = float("nan")
    result = Winograd(noise(32, 32, 3, 3), None)(x, (1, 1), True)
    assert result[..., 19:22, 19:22].isnan().all()
    assert not result[..., :16, :].isnan().any() and not result[..., 24:, :].isnan().any()


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("backward", [torch.float32, torch.bfloat16])
def test_gradients_go_back_through_it(padding: int, backward: torch.dtype, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(winograd, "_FEWEST_MULTIPLICATIONS", 0)
    conv = nn.Conv2d(64, 72, 3, padding=padding)
    assert pays(conv.weight)
    x = noise(2, 64, 19, 14).requires_grad_()
    result = FusedConv(conv, "relu", backward)(x)
    (ours,) = torch.autograd.grad(result, x, slope := noise(*result.shape, seed=3))
    # The same ReLUs open: one that is in doubt tells nothing of the convolution.
    wide = x.detach().double().requires_grad_()
    exact = conv.double()(wide)
    (theirs,) = torch.autograd.grad(exact, wide, slope.double() * (result > 0))
    assert far(result, exact.detach().relu()) < 1e-5
    assert far(ours, theirs) < (1e-5 if backward == torch.float32 else 5e-3)


@pytest.mark.parametrize("shape", [(63, 64, 3, 3), (64, 63, 3, 3), (64, 64, 5, 5), (64, 64, 1, 3)], ids=str)
def test_others_are_summed_directly(shape: tuple[int, ...]):
    assert not pays(noise(*shape))


def test_what_is_small_or_rounded_is_summed_directly():
    weight = noise(64, 64, 3, 3)
    conv = Winograd(weight, None)
    assert pays(weight) and conv.takes(noise(1, 64, 128, 128)) and not conv.takes(noise(1, 64, 96, 96))
    assert not pays(weight.bfloat16()) and not conv.takes(noise(1, 64, 128, 128).bfloat16())
    assert not conv.takes(noise(1, 64, 128, 128).contiguous())
