"""A network that comes with Reverie: always there, ready to dream, not to be overwritten."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from reverie.server.networks import store
from reverie.server.networks.adding import check_name, remove, write_tensors
from reverie.server.networks.blossom import baked, fresh, settle
from reverie.server.networks.catalogue import catalogue, find
from reverie.server.networks.loading import load
from reverie.shared.declaration import SettingError

CLASSES = ("eyes", "shells")


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """The folder of what is shipped, with the network `sprout` in it, which has learned nothing."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = fresh(len(CLASSES))
        settle(network, torch.randn(2, 3, 64, 64))
    weights = {name: tensor.half().contiguous() for name, tensor in baked(network).items()}
    write_tensors(weights, store.tensors_path("sprout"))
    store.write_card(store.Card("sprout", "blossom", len(CLASSES), "", "pictures", CLASSES))
    folder = (home / "networks").rename(tmp_path / "shipped")
    monkeypatch.setattr(store, "SHIPPED", folder)
    return folder


def test_it_stands_first_and_is_installed() -> None:
    first, second, *_ = catalogue()
    assert (first.name, second.name) == ("sprout", "ornament")
    assert first == find("Sprout")
    assert first.installed
    assert first.title == "Sprout"
    assert "comes with Reverie" in first.source
    assert first.classes == CLASSES


def test_it_dreams_in_full_precision_and_knows_its_classes() -> None:
    network = load("sprout")
    deepest, classes = network(torch.rand(1, 3, 64, 64), ["inception5b", "classes"])
    assert deepest.dtype == torch.float32
    assert deepest.std() > 0
    assert classes.shape[1] == len(CLASSES)


def test_its_name_is_taken_and_it_stays() -> None:
    with pytest.raises(SettingError, match="already a network sprout") as taken:
        check_name("Sprout")
    assert taken.value.allowed == "another name"
    with pytest.raises(SettingError, match="built in and stays"):
        remove("sprout")


def test_a_network_of_ones_own_of_that_name_does_not_stand_in_for_it(home: Path) -> None:
    store.card_path("sprout").parent.mkdir(parents=True, exist_ok=True)
    store.write_card(store.Card("sprout", "blossom", 7, "", "mine.pth"))
    assert [info.name for info in catalogue()].count("sprout") == 1
    assert find("sprout").classes == CLASSES


def test_without_its_weights_it_is_not_there(shipped: Path) -> None:
    (shipped / "sprout.safetensors").unlink()
    assert "sprout" not in [info.name for info in catalogue()]


def test_what_is_really_shipped_is_small_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for card in store.shipped():
        weights = store.SHIPPED / f"{card.name}.safetensors"
        assert weights.stat().st_size <= 8e6
        assert card.sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
        assert load(card.name).classes == tuple(card.class_names)
