"""Keyframes: settings that change in the course of a film."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared.declaration import SettingError
from reverie.shared.film import Motion
from reverie.shared.keyframes import Key, Track, animated, parse
from reverie.shared.settings import DreamSettings

SPECS = {**DreamSettings.specs(), **Motion.specs()}
FRAMES = st.integers(0, 1000)


@st.composite
def tracks(draw: st.DrawFn, kinds: tuple[type, ...] = (int, float, bool, str)) -> Track:
    name = draw(st.sampled_from([name for name, spec in SPECS.items() if spec.type in kinds]))
    spec = SPECS[name]
    if spec.choices:
        values = st.sampled_from([choice.value for choice in spec.choices])
    elif spec.type is str:
        values = st.from_regex(r"[a-z][a-z0-9_./\[\]@:*+-]{0,20}", fullmatch=True)
    elif spec.type is bool:
        values = st.booleans()
    elif spec.type is int:
        values = st.integers(int(spec.minimum or 0), int(spec.maximum or 0))
    else:
        values = st.floats(spec.minimum, spec.maximum)
    eased = st.booleans() if spec.type in (int, float) else st.just(False)
    frames = sorted(draw(st.sets(FRAMES, min_size=2, max_size=5)))
    return Track(spec, tuple(Key(frame, draw(values), draw(eased)) for frame in frames))


@given(tracks())
def test_what_is_written_is_read_back(track: Track) -> None:
    assert parse(track.spec, track.text()) == track


@given(tracks(), FRAMES)
def test_a_track_goes_through_its_keys_and_never_beyond_them(track: Track, frame: int) -> None:
    assert all(track.at(key.frame) == key.value for key in track.keys)
    values = [key.value for key in track.keys]
    if track.spec.type in (int, float):
        assert min(values) <= track.at(frame) <= max(values)
    else:
        assert track.at(frame) in values
    assert track.at(0) == (values[0] if track.keys[0].frame >= 0 else track.at(0))
    assert track.at(2000) == values[-1]


@given(tracks((float,)), FRAMES)
def test_between_two_keys_a_number_moves_one_way(track: Track, frame: int) -> None:
    before, after = track.at(frame), track.at(frame + 1)
    for first, last in zip(track.keys, track.keys[1:], strict=False):
        if first.frame <= frame < last.frame:
            assert (after - before) * (last.value - first.value) >= 0


def test_numbers_change_evenly_softly_or_by_whole_steps() -> None:
    step, octaves = SPECS["step"], SPECS["octaves"]
    assert [parse(step, "0:1, 4:3").at(frame) for frame in range(6)] == [1, 1.5, 2, 2.5, 3, 3]
    assert [parse(step, "0:0, 4:1 ease").at(frame) for frame in range(5)] == [0, 0.15625, 0.5, 0.84375, 1]
    assert [parse(octaves, "1:2,5:4").at(frame) for frame in range(7)] == [2, 2, 2, 3, 4, 4, 4]
    assert type(parse(octaves, "1:2,5:4").at(2)) is int


def test_words_and_switches_change_at_their_frame() -> None:
    layers = parse(SPECS["layers"], "1: conv2, conv3[1, 4-7], 30: inception4c[7]@0.5:0.3, 40:")
    assert layers.at(29) == "conv2, conv3[1, 4-7]"
    assert layers.at(30) == "inception4c[7]@0.5:0.3"
    assert layers.at(40) == ""
    flips = parse(SPECS["flips"], "1:on, 10:off")
    assert (flips.at(9), flips.at(10)) == (True, False)


def test_settings_of_one_frame() -> None:
    dreams = animated(DreamSettings(seed=5), {"step": "1:1, 3:2", "octaves": "3", "layers": "a[1, 2], b"})
    assert dreams.at(2) == DreamSettings(seed=5, step=1.5, octaves=3, layers="a[1, 2], b")
    assert dreams.record()["step"] == "1:1.0, 3:2.0"
    assert dreams.record()["octaves"] == 3


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("step", "fast", ["Step", "'fast'", "0.0 to 64.0", "1:1.5"]),
        ("step", "1:1, 5:fast", ["'fast'"]),
        ("step", "1:1, 5:", ["no value at frame 5"]),
        ("step", "1:1, 5", ["'1, 5'"]),
        ("step", "1:1, 5:99", ["99"]),
        ("step", "5:1, 5:2", ["frame 5 after frame 5"]),
        ("step", "nan", ["nan"]),
        ("octaves", "1:2.5, 3:4", ["2.5", "1 to 16"]),
        ("clip", "1:perhaps, 3:on", ["perhaps", "on or off", "1:on"]),
        ("measure", "1:energy, 3:entropy", ["entropy", "energy or mean"]),
    ],
)
def test_bad_keyframes_are_told_in_words(name: str, text: str, told: list[str]) -> None:
    with pytest.raises(SettingError) as caught:
        parse(SPECS[name], text)
    assert caught.value.field == name
    assert all(part in str(caught.value) for part in told), str(caught.value)
