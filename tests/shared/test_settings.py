"""Settings: declared once, checked everywhere the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared import presets
from reverie.shared.declaration import SettingError
from reverie.shared.settings import SECTIONS, DreamSettings

SPECS = DreamSettings.specs()


def _values(name: str) -> st.SearchStrategy:
    spec = SPECS[name]
    if spec.choices:
        return st.sampled_from([choice.value for choice in spec.choices])
    if spec.type is bool:
        return st.booleans()
    if spec.type is str:
        return st.text(min_size=int(spec.minimum or 0), max_size=20)
    if spec.type is int:
        return st.integers(int(spec.minimum or 0), int(spec.maximum or 0))
    return st.floats(spec.minimum, spec.maximum)


SETTINGS = st.fixed_dictionaries({}, optional={name: _values(name) for name in SPECS})


@given(SETTINGS)
def test_a_record_makes_the_same_settings_again(values: dict) -> None:
    settings = DreamSettings.from_mapping(values)
    again = DreamSettings.from_mapping(settings.record())
    assert again == settings and again.digest() == settings.digest()


@given(SETTINGS, SETTINGS)
def test_digests_differ_when_settings_do(first: dict, second: dict) -> None:
    one, two = DreamSettings.from_mapping(first), DreamSettings.from_mapping(second)
    assert (one.digest() == two.digest()) == (one.record() == two.record())


@pytest.mark.parametrize("name", SPECS)
def test_every_setting_says_what_it_is_and_has_a_good_default(name: str) -> None:
    spec = SPECS[name]
    assert spec.label and len(spec.description) > 20 and not spec.description.endswith(".")
    assert spec.check(spec.default) == spec.default
    if spec.type in (int, float):
        bounds = (spec.minimum, spec.soft_minimum, spec.default, spec.soft_maximum, spec.maximum)
        assert list(bounds) == sorted(bounds)  # type: ignore[type-var]


def test_what_a_setting_depends_on_is_there() -> None:
    for spec in SPECS.values():
        assert spec.section in ("", *SECTIONS)
        if spec.when:
            other, values = spec.when
            assert set(values) < {choice.value for choice in SPECS[other].choices}
            assert spec.applies({other: values[0]}) and spec.applies(
                DreamSettings.from_mapping({other: values[0]}).record()
            )


def test_a_setting_that_changes_nothing_is_known() -> None:
    bands = SPECS["bands"]
    assert not bands.applies({"smoothing": "gaussian"}) and bands.applies({"smoothing": "laplacian"})
    assert SPECS["octaves"].applies({})


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"octaves": 99}, "octaves", "1 to 16"),
        ({"octaves": 2.5}, "octaves", "1 to 16"),
        ({"octaves": "4"}, "octaves", "1 to 16"),
        ({"octaves": True}, "octaves", "1 to 16"),
        ({"step": float("nan")}, "step", "0.0 to 64.0 /255"),
        ({"step": float("inf")}, "step", "0.0 to 64.0"),
        ({"strength": -0.1}, "strength", "0.0 to 1.0"),
        ({"clip": 1}, "clip", "true or false"),
        ({"precision": "double"}, "precision", "auto, float32, bfloat16 or float16"),
        ({"network": ""}, "network", "text of 1 to 128 characters"),
        ({"layers": "x" * 5000}, "layers", "text of 0 to 1024 characters"),
        ({"octave": 4}, "octave", "octaves"),
    ],
)
def test_a_bad_setting_is_refused_with_what_is_allowed(values: dict, field: str, words: str) -> None:
    with pytest.raises(SettingError) as caught:
        DreamSettings.from_mapping(values)
    assert caught.value.field == field and words in caught.value.allowed and words in str(caught.value)


def test_whole_numbers_do_for_fractions_and_keep_the_digest() -> None:
    assert DreamSettings.from_mapping({"strength": 1}).digest() == DreamSettings().digest()


def test_classic_is_the_notebook_of_2015() -> None:
    classic = DreamSettings.from_mapping(presets.load("classic").settings)
    assert (classic.octaves, classic.octave_scale, classic.iterations) == (4, 1.4, 10)
    assert (classic.step, classic.jitter, classic.clip) == (1.5, 32, True)


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(SettingError, match="classic"):
        presets.load("baroque")
