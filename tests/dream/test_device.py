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
    assert pick_dtype("auto", CPU) is torch.float32


@pytest.mark.parametrize(("capability", "ornament"), [((9, 0), torch.bfloat16), ((7, 5), torch.float32)])
def test_auto_takes_bfloat16_only_where_it_is_fast_and_safe(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], ornament: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    card = torch.device("cuda:0")
    assert pick_dtype("auto", card, "ornament") is ornament
    assert pick_dtype("auto", card, "googlenet") is torch.float32
    assert pick_dtype("auto", CPU, "ornament") is torch.float32


def test_half_precision_needs_a_graphics_card() -> None:
    with pytest.raises(SettingError, match="graphics card") as caught:
        pick_dtype("float16", CPU)
    assert caught.value.field == "precision"
