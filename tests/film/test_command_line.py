"""``reverie zoom`` as a person meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reverie.server.cli import main
from reverie.server.film.folder import Folder
from reverie.server.media.files import read_picture

QUICK = ("--network", "ornament", "--octaves", "1", "--iterations", "1", "--device", "cpu", "--precision", "float32")


def zoom(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["zoom", *(str(argument) for argument in arguments)])


def test_a_film_from_a_picture_with_keyframes_and_a_video(bricks: Path, tmp_path: Path) -> None:
    keys = ("--step", "1:1, 3:6 ease", "--layers", "1:strokes, 3:contours", "--clip", "1:on, 2:off")
    result = zoom(bricks, tmp_path / "film", "--frames", "3", *QUICK, *keys, "--video", tmp_path / "film.mp4")
    assert result.exit_code == 0, result.output
    assert "film: frame 3 of 3" in result.stdout
    assert "film: 3 frames, and in" in result.stdout.splitlines()[-1]
    assert (tmp_path / "film.mp4").stat().st_size > 500
    assert len(list((tmp_path / "film").glob("000?.png"))) == 3


def test_ctrl_c_ends_in_a_sentence_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = (
        "noise",
        tmp_path / "film",
        "--frames",
        "2",
        "--width",
        "40",
        "--height",
        "32",
        "--format",
        "exr",
        *QUICK,
    )
    keep = Folder.add

    def stop_after_one(folder: Folder, *arguments: object) -> None:
        if folder.done == 1:
            raise KeyboardInterrupt
        keep(folder, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "add", stop_after_one)
        result = zoom(*command)
    assert result.exit_code == 130
    assert result.stderr.strip() == "Stopped: 1 of 2 frames are done. The same command goes on from there."
    assert zoom(*command).exit_code == 0
    assert read_picture(tmp_path / "film" / "0002.exr").info.shape == (32, 40, 3)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("bricks.png", "film", "--step", "1:1, 9:99"), ["Step", "99", "0.0 to 64.0"]),
        (("bricks.png", "film", "--zoom", "2"), ["Zoom", "-1.0 to 0.9"]),
        (("bricks.png", "film", "--frames", "1:2"), ["1:2"]),
        (("bricks.png", "film", "--network", "ornament", "--layers", "1:strokes, 5:stroks"), ["stroks", "strokes"]),
        (("bricks.png", "film", "--output", "detail"), ["picture of the one before"]),
        (("bricks.png", "film", "--content", "1:auto, 2:normal"), ["Normals"]),
        (("bricks.png", "film", "--network", "ornament", "--layers", "match(strokes)"), ["guide picture"]),
        (("bricks.png", "film", "--video", "film.gif"), ["film.gif", ".mp4"]),
        (("missing.png", "film"), ["missing.png does not exist"]),
        (("bricks.png", "bricks.png"), ["bricks.png is a file"]),
    ],
)
def test_bad_input_is_told_in_words(
    bricks: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: list[str]
) -> None:
    monkeypatch.chdir(bricks.parent)
    result = zoom(*arguments)
    assert result.exit_code == 2, result.output
    assert all(part in result.stderr for part in told), result.stderr
    assert "Traceback" not in result.output
    assert [path.name for path in bricks.parent.iterdir()] == ["bricks.png"]
