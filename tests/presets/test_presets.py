"""The presets: valid, well told, and true to where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.catalogue import find
from reverie.server.networks.targets import check_target
from reverie.shared import presets
from reverie.shared.declaration import SettingError
from reverie.shared.settings import DreamSettings

NAMES = presets.names()
SOURCES = [name for name in NAMES if presets.load(name).group == "Sources"]


def look(name: str) -> DreamSettings:
    return DreamSettings.from_mapping(presets.load(name).settings)


@dataclass(frozen=True)
class Untrained:
    """A network of the zoo as far as its names go, whether or not its weights are here."""

    name: str
    layers: tuple[str, ...]
    parts: tuple[str, ...] = ()
    default_layers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def network_of(settings: DreamSettings) -> Untrained:
    if settings.network in ("ornament", "reverie"):
        here = find(settings.network)
        return Untrained(here.name, here.layers, classes=here.classes)
    architecture = ARCHITECTURES[settings.network]
    return Untrained(architecture.name, architecture.layers, tuple(architecture.parts))


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_valid_and_says_what_it_is(name: str) -> None:
    preset = presets.load(name)
    assert DreamSettings().replace(**preset.settings)
    assert preset.name == name and preset.title and len(preset.description) > 20
    assert not preset.description.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_layers_are_named_only_with_their_network_which_has_them(name: str) -> None:
    settings = presets.load(name).settings
    assert ("layers" in settings) == ("network" in settings)
    if "network" in settings:
        assert check_target(network_of(look(name)), settings["layers"], guided=False)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_looks_the_same_whatever_was_set_before(name: str) -> None:
    before = DreamSettings(
        octaves=7, step=9.0, smoothing="laplacian", start="brown", colours="match", ascent="adam", flips=True
    )
    settings = presets.load(name).settings
    assert before.replace(**settings) == DreamSettings().replace(**settings)


def test_a_preset_leaves_alone_what_is_no_matter_of_looks() -> None:
    before = DreamSettings(
        network="vgg16", layers="relu3_1", seed=9, seamless="xy", tile=256, content="normal", edges="roll"
    )
    after = before.replace(**presets.load("classic").settings)
    assert after == before


def test_there_are_at_least_eight_looks_of_our_own_and_all_differ() -> None:
    ours = [name for name in NAMES if name not in SOURCES]
    assert len(ours) >= 8
    assert len({look(name).digest() for name in NAMES}) == len(NAMES)
    assert len({presets.load(name).title for name in NAMES}) == len(NAMES)


def test_sources_come_first_and_classic_before_all() -> None:
    assert NAMES[0] == "classic"
    assert NAMES[: len(SOURCES)] == SOURCES
    titles = [presets.load(name).title.casefold() for name in SOURCES]
    assert titles == sorted(titles)


def test_a_preset_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(SettingError, match="classic"):
        presets.load("baroque")


def test_tensorflows_tutorial_of_2015() -> None:
    """render_naive, render_multiscale, render_lapnorm and render_deepdream of its notebook, in units of 1/255."""
    names = ("naive", "multiscale", "laplacian", "dream")
    naive, multiscale, laplacian, dream = (look(f"tensorflow-2015-{name}") for name in names)
    for mode in (naive, multiscale, laplacian):
        (term,) = check_target(network_of(mode), mode.layers, guided=False)
        assert str(term.what) == "mixed4d_3x3_bottleneck/pre[139]"
        assert (mode.measure, mode.normaliser, mode.start, mode.clip) == ("mean", "deviation", "grey", False)
    assert (naive.iterations, naive.octaves, naive.step, naive.jitter) == (20, 1, 1.0, 0)
    assert (multiscale.iterations, multiscale.octaves, multiscale.octave_scale, multiscale.step) == (10, 3, 1.4, 1.0)
    assert laplacian == multiscale.replace(smoothing="laplacian", bands=4, step=2.2)
    assert (dream.iterations, dream.octaves, dream.octave_scale, dream.step) == (10, 4, 1.4, 1.5)
    assert (dream.layers, dream.measure, dream.normaliser) == ("mixed4c", "energy", "mean")
    assert dream.detail_split and not dream.clip


def test_tensorflows_tutorial_of_today() -> None:
    today = look("tensorflow-2020")
    # Keras's mixed3 and mixed5 are the fourth and the sixth of Inception v3's blocks.
    blocks = [layer for layer in network_of(today).layers if layer.startswith("Mixed")]
    assert today.layers == f"{blocks[3]}, {blocks[5]}"
    assert today.step == pytest.approx(0.01 / 2 * 255)  # 0.01 of −1..1
    # octaves = range(-2, 3)
    assert (today.octaves, today.octaves_beyond, today.octave_scale, today.iterations) == (3, 2, 1.3, 100)
    assert (today.measure, today.balance, today.normaliser, today.detail_split) == ("mean", False, "deviation", False)
    assert today.clip and today.jitter == 512


def test_neural_dream() -> None:
    ours = look("neural-dream")
    assert (ours.network, ours.layers) == ("bvlc_googlenet", "inception_4d/3x3_reduce")
    assert (ours.ascent, ours.step, ours.octaves, ours.iterations, ours.jitter) == ("adam", 1.5, 2, 50, 32)
    assert 1 / ours.octave_scale == pytest.approx(0.6, abs=1e-3)
    assert not ours.clip and not ours.detail_split


def test_pytorch_deepdream() -> None:
    ours = look("pytorch-deepdream")
    assert (ours.network, ours.layers) == ("vgg16", "relu4_3")
    assert (ours.octaves, ours.octave_scale, ours.iterations, ours.jitter) == (4, 1.8, 10, 32)
    assert ours.step == pytest.approx(0.09 * 255 * (0.229 + 0.224 + 0.225) / 3, abs=0.01)
    assert (ours.smoothing, ours.smoothness, ours.normaliser) == ("gaussian", 0.5, "standard")
    assert ours.clip and not ours.detail_split
