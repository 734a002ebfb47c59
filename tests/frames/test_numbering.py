"""Which files are a sequence, and what is said when that is not clear."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.server.media.formats import FORMATS
from reverie.shared.frames.errors import BatchError
from reverie.shared.frames.numbering import PICTURES, Pattern, find_sequence


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


def test_a_folder_a_frame_of_it_and_patterns_tell_the_same_sequence(tmp_path: Path) -> None:
    lay(tmp_path, *(f"shot_{number:04}.exr" for number in (7, 8, 9, 10)), "notes.txt", ".shot_0001.exr", "poster.png")
    for where in ("", "shot_0009.exr", "shot_####.exr", "shot_%04d.exr", "shot_*.exr"):
        found = find_sequence(tmp_path / where)
        assert [(number, path.name) for number, path in found.files.items()] == [
            (7, "shot_0007.exr"),
            (8, "shot_0008.exr"),
            (9, "shot_0009.exr"),
            (10, "shot_0010.exr"),
        ]
        assert str(found.pattern) == "shot_####.exr"
        assert found.missing == []


def test_numbers_count_not_letters(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{number}.png" for number in (1, 2, 9, 10, 11, 100)))
    found = find_sequence(tmp_path)
    assert list(found.files) == [1, 2, 9, 10, 11, 100]
    assert found.pattern.name(3) == "3.png"
    assert found.missing[:5] == [3, 4, 5, 6, 7]
    assert len(found.missing) == 100 - 6


def test_frames_before_the_first_and_past_the_padding_belong_to_it(tmp_path: Path) -> None:
    names = ["s.-0002.exr", "s.-0001.exr", "s.0000.exr", "s.9999.exr", "s.10000.exr"]
    found = find_sequence(lay(tmp_path, *names))
    assert list(found.files) == [-2, -1, 0, 9999, 10000]
    assert [found.pattern.name(number) for number in found.files] == names


def test_a_dash_in_a_name_is_no_minus(tmp_path: Path) -> None:
    assert list(find_sequence(lay(tmp_path, "shot-0001.png", "shot-0002.png")).files) == [1, 2]


def test_every_second_frame_leaves_no_gap_but_a_lost_one_does(tmp_path: Path) -> None:
    found = find_sequence(lay(tmp_path, *(f"{number:03}.png" for number in (1, 3, 5, 9))))
    assert (found.step, found.missing) == (2, [7])


def test_the_last_number_counts_and_results_take_their_suffix(tmp_path: Path) -> None:
    found = find_sequence(lay(tmp_path, "v2_take3_0001_beauty.PNG", "v2_take3_0002_beauty.PNG"))
    assert list(found.files) == [1, 2]
    assert found.pattern.with_suffix(".exr").name(12) == "v2_take3_0012_beauty.exr"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("a_0001.png", "a_0002.png", "b_0001.png"), ("a_####.png (2)", "b_####.png (1)")),
        (("a_0001.png", "a_0001.exr"), ("a_####.png", "a_####.exr")),
        (("1.png", "2.png", "0001.png"), ("#.png (2)", "####.png (1)")),
    ],
)
def test_two_sequences_in_a_folder_are_named(tmp_path: Path, names: tuple[str, ...], told: tuple[str, ...]) -> None:
    lay(tmp_path, *names)
    with pytest.raises(BatchError) as caught:
        find_sequence(tmp_path)
    assert all(each in str(caught.value) for each in told)
    # What the hint proposes works.
    find_sequence(Path(caught.value.hint.removeprefix("Give one of them, as ").removesuffix(".")))


@pytest.mark.parametrize(
    "where", ["nowhere", "empty", "empty/a_####.png", "empty/*.png", "none/a_#.png", "a.txt", "still.png"]
)
def test_where_there_is_no_sequence_that_is_said(tmp_path: Path, where: str) -> None:
    (tmp_path / "empty").mkdir()
    lay(tmp_path, "a.txt", "still.png")
    with pytest.raises(BatchError) as caught:
        find_sequence(tmp_path / where)
    assert caught.value.hint


@given(st.text("ab_.-0 1", max_size=6), st.integers(1, 6), st.integers(-(10**7), 10**7))
def test_a_name_tells_the_number_it_was_made_of(before: str, digits: int, number: int) -> None:
    pattern = Pattern(before, digits, ".exr")
    assert pattern.number(pattern.name(number)) == number


def test_every_format_of_pictures_is_found() -> None:
    assert {suffix for known in FORMATS for suffix in known.suffixes} - {".npy"} == PICTURES
