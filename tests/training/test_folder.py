"""What a training reads from a folder, and what it says of folders it can't learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reverie.server.training.folder import read_folder
from reverie.shared.declaration import SettingError


def write(path: Path, number: int = 0, size: tuple[int, int] = (40, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def fill(folder: Path, classes: tuple[str, ...] = ("eyes", "shells"), each: int = 24) -> None:
    for name in classes:
        for number in range(each):
            write(folder / name / f"{number:03}.png", number)


def test_class_folders(tmp_path: Path) -> None:
    fill(tmp_path)
    pictures = read_folder(tmp_path, 48)
    assert pictures.classes == ("eyes", "shells")
    assert pictures.pixels.shape == (48, 3, 64, 64)
    assert pictures.labels.bincount().tolist() == [24, 24]
    assert 1 <= int(pictures.held_out.sum()) <= 16
    assert not pictures.skipped


def test_what_is_held_out_does_not_change_when_pictures_are_added(tmp_path: Path) -> None:
    fill(tmp_path)
    before = read_folder(tmp_path, 48).held_out[:24]
    fill(tmp_path, ("towers",))
    assert read_folder(tmp_path, 48).held_out[:24].equal(before)


def test_a_folder_may_say_what_is_held_out(tmp_path: Path) -> None:
    fill(tmp_path / "train", each=10)
    fill(tmp_path / "held-out", each=3)
    pictures = read_folder(tmp_path, 48)
    assert int(pictures.held_out.sum()) == 6
    assert pictures.classes == ("eyes", "shells")


def test_pictures_without_classes(tmp_path: Path) -> None:
    for number in range(50):
        write(tmp_path / f"{number}.jpg", number)
    pictures = read_folder(tmp_path, 48)
    assert pictures.classes == ()
    assert len(pictures.labels) == 50


def test_unreadable_pictures_are_named_and_skipped(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "eyes" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    (tmp_path / "eyes" / "notes.txt").write_text("not a picture")
    pictures = read_folder(tmp_path, 48)
    assert len(pictures.labels) == 48
    (skipped,) = pictures.skipped
    assert "torn.png" in skipped


@pytest.mark.parametrize(
    ("classes", "each", "said"),
    [(("eyes",), 24, "one class"), (("eyes", "shells"), 4, "too few pictures of eyes"), ((), 0, "no pictures")],
)
def test_what_can_not_be_learned_from_is_said(tmp_path: Path, classes: tuple[str, ...], each: int, said: str) -> None:
    fill(tmp_path, classes, each)
    with pytest.raises(SettingError, match=said):
        read_folder(tmp_path, 48)


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="There is no folder"):
        read_folder(tmp_path / "nowhere", 48)
