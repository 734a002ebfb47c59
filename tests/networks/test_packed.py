"""Filters put in order beforehand convolve as plain ones do, whatever sizes follow one another."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reverie.server.networks.packed import Packed, available

pytestmark = pytest.mark.skipif(not available(), reason="this build of torch has no oneDNN")

SIZES = ((8, 8), (128, 128), (8, 8), (33, 17), (1, 1), (128, 128))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("keep", [True, False])
def test_sizes_take_turns(dtype: torch.dtype, groups: int, keep: bool):
    noise = torch.Generator().manual_seed(0)
    conv = nn.Conv2d(64, 192, 3, padding=1, groups=groups).to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    packed = Packed(conv.weight.detach(), conv.bias.detach(), (1, 1), (1, 1), (1, 1), groups, keep=keep)  # type: ignore[union-attr]
    for size in SIZES:
        x = torch.randn(2, 64, *size, generator=noise).to(dtype, memory_format=torch.channels_last)
        exact = conv(x)
        for relu in (False, True):
            result = packed(x, relu)
            assert result.shape == exact.shape and result.dtype == dtype
            torch.testing.assert_close(result, exact.relu() if relu else exact)
