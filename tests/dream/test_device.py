"""Devices and precisions are picked sensibly or refused in words."""

from __future__ import annotations

import pytest
import torch

from reverie.server.dream.device import available, describe, pick_device, pick_dtype
from reverie.shared.declaration import SettingError

CPU = torch.device("cpu")


def test_auto_is_the_fastest_there_is() -> None:
    assert str(pick_device("auto")) == available()[0]
    assert pick_device("cpu") == CPU


def test_a_missing_device_is_refused_with_what_there_is() -> None:
    with pytest.raises(SettingError, match="cuda:77") as caught:
        pick_device("cuda:77")
    assert caught.value.field == "device"
    assert "cpu" in caught.value.allowed


def test_a_cpu_has_a_name_and_memory() -> None:
    info = describe(CPU)
    assert info.kind == "cpu"
    assert info.name
    assert info.memory > 2**30


def test_precision_names_are_torch_types() -> None:
    assert pick_dtype("float32", CPU) is torch.float32
    assert pick_dtype("bfloat16", CPU) is torch.bfloat16
    assert pick_dtype("auto", CPU) in (torch.float32, torch.bfloat16)


def test_half_precision_needs_a_graphics_card() -> None:
    with pytest.raises(SettingError, match="graphics card") as caught:
        pick_dtype("float16", CPU)
    assert caught.value.field == "precision"
