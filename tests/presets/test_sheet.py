"""``reverie presets`` and its contact sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from reverie.server.cli import main
from reverie.server.media.contact_sheet import Row, contact_sheet
from reverie.server.media.files import read_picture, write_picture
from reverie.server.sheet.looks import settings_at_hand
from reverie.server.sheet.samples import SAMPLES, square
from reverie.shared import presets
from reverie.shared.picture import Picture, PictureInfo


def test_the_list_tells_every_preset_and_its_description() -> None:
    result = CliRunner().invoke(main, ["presets"])
    assert result.exit_code == 0
    for name in presets.names():
        assert f"{name}  {presets.load(name).description}." in result.stdout


def test_a_sheet_shows_the_pictures_and_what_became_of_them(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    pixels = np.random.default_rng(1).integers(0, 256, (50, 90, 4), "u1")
    write_picture(tmp_path / "mine.png", Picture(PictureInfo(pixels.shape, "u8", "sRGB", "straight"), pixels))
    arguments = ["presets", "sheet", str(tmp_path / "mine.png"), "--preset", "frost", "--size", "48", "--out", str(out)]
    result = CliRunner().invoke(main, [*arguments, "--device", "cpu"])
    assert result.exit_code == 0, result.output
    sheet = read_picture(out).pixels
    assert sheet.shape[2] == 3
    mine = square(read_picture(tmp_path / "mine.png"), 48).pixels
    windows = np.lib.stride_tricks.sliding_window_view(sheet, mine.shape)[..., 0, :, :, :]
    assert (windows == mine).all((-3, -2, -1)).sum() == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--preset", "baroque"), ["baroque", "classic"]),
        (("--out", "sheet.bmp"), [".bmp", ".png"]),
        (("missing.png",), ["missing.png does not exist"]),
        (("--network", "ornamint"), ["ornamint", "ornament"]),
    ],
)
def test_bad_input_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["presets", "sheet", "--size", "32", "--device", "cpu", *arguments])
    assert result.exit_code == 2, result.output
    assert all(part in result.stderr for part in told), result.stderr
    assert not list(tmp_path.iterdir())


def test_a_preset_whose_network_is_missing_is_marked() -> None:
    settings, title = settings_at_hand(presets.load("neural-dream"), "ornament")
    assert (settings.network, settings.layers, settings.ascent) == ("ornament", "", "adam")
    assert title == "neural-dream (with ornament, not bvlc_googlenet)"
    settings, title = settings_at_hand(presets.load("etching"), "googlenet")
    assert (settings.network, title) == ("ornament", "Etching")


@pytest.mark.parametrize("name", SAMPLES)
def test_our_own_pictures_show_the_same_at_any_size(name: str) -> None:
    small, large = SAMPLES[name](64), SAMPLES[name](128)
    assert small.info.shape == (64, 64, 3)
    shrunk = square(large, 64).pixels.astype(float)
    # Edges fall between pixels; what lies within them is the same.
    assert np.median(np.abs(shrunk - small.pixels)) < 8
    assert small.pixels.std() > 20


def test_rows_stand_in_columns_and_do_not_overlap() -> None:
    rows = [Row(f"row {number}", [np.full((40, 40, 3), 60 + number, np.uint8)] * 3) for number in range(11)]
    sheet = contact_sheet(rows, 40).pixels
    for number in range(11):
        assert (sheet == 60 + number).all(-1).sum() == 3 * 40 * 40
