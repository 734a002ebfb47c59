from __future__ import annotations

import subprocess
import sys

import pytest

from reverie.server.networks import store
from reverie.server.networks.catalogue import (
    NetworkInfo,
    UnknownLayer,
    UnknownNetwork,
    catalogue,
    check_layers,
    find,
)
from reverie.shared.declaration import SettingError

OURS = [*(card.name for card in store.shipped()), "ornament"]
SHOWN = [*OURS, "googlenet", "inception_v3", "vgg16", "vgg19", "resnet50", "convnext_tiny", "efficientnet_b0"]


def test_ours_and_torchvisions_best_known_are_there():
    listed = {info.name: info for info in catalogue()}
    assert list(listed) == SHOWN
    assert [name for name, info in listed.items() if info.installed] == OURS
    assert listed["googlenet"].default_layers == ("inception4c",)
    assert listed["vgg19"].layers[:5] == ("conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1")
    assert listed["resnet50"].layers[-3:] == ("layer4.0", "layer4.1", "layer4")


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownNetwork) as network:
        find("gogglenet")
    assert network.value.field == "network" and network.value.allowed.startswith("googlenet")
    with pytest.raises(UnknownLayer) as layer:
        check_layers(find("googlenet"), ["inception4c", "inception4x"])
    assert layer.value.field == "layers" and "inception4" in layer.value.allowed
    assert isinstance(layer.value, SettingError)


@pytest.mark.parametrize(
    ("network", "asked", "meant"),
    [
        ("googlenet", "inception_4c/output", "inception4c"),
        ("inception_v3", "mixed_6b", "Mixed_6b"),
        ("vgg16", "Conv3_2", "conv3_2"),
        ("resnet50", "layer3.2", "layer3.2"),
    ],
)
def test_other_spellings_of_a_layer_are_understood(network: str, asked: str, meant: str):
    assert check_layers(find(network), [asked]) == (meant,)


def test_no_layers_means_the_networks_favourites():
    assert check_layers(find("ornament"), []) == find("ornament").default_layers


@pytest.mark.parametrize("info", catalogue(everything=True), ids=lambda info: info.name)
def test_every_layer_is_found_by_its_own_name(info: NetworkInfo):
    assert find(info.name.upper()) == info
    assert check_layers(info, info.layers) == info.layers
    assert set(info.default_layers) <= set(info.layers)


def test_the_first_that_dreamed_can_be_had_by_adding_them():
    with pytest.raises(UnknownNetwork, match="--architecture bvlc_googlenet"):
        find("BVLC GoogLeNet")


def test_what_sees_a_single_size_only_says_so():
    with pytest.raises(UnknownNetwork, match="ViT-B-16 can't dream: it sees pictures of a single size"):
        find("ViT-B-16")


def test_an_unknown_name_is_not_answered_with_the_whole_of_torchvision():
    with pytest.raises(UnknownNetwork) as caught:
        find("zzzzzzzz")
    assert caught.value.allowed == ", ".join(SHOWN)


def test_the_catalogue_needs_no_torch():
    code = "import sys, reverie.server.networks.catalogue as c; c.catalogue(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
