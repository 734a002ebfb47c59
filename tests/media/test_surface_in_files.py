"""Details and data from file to file, as ``reverie dream`` writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from reverie.server.cli import main
from reverie.server.media.convert import convert
from reverie.server.media.errors import PathError
from reverie.server.media.files import read_picture, write_picture
from reverie.server.media.formats import working_form
from reverie.shared.picture import Picture, PictureInfo

QUICK = ("--network", "ornament", "--octaves", "1", "--iterations", "2", "--device", "cpu", "--precision", "float32")


def dream(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["dream", *(str(argument) for argument in arguments), *QUICK])


def written(path: Path, pixels: np.ndarray, dtype: str, alpha: str = "none", colorspace: str = "sRGB") -> Path:
    write_picture(path, Picture(PictureInfo(pixels.shape, dtype, colorspace, alpha), pixels))
    return path


@pytest.fixture
def bricks(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(5).integers(0, 256, (40, 48, 4), "u1")
    return written(tmp_path / "bricks.png", pixels, "u8", "straight")


@pytest.mark.parametrize("name", ["detail.png", "detail.jpg"])
def test_what_can_hold_no_detail_is_told_before_the_dream(bricks: Path, name: str) -> None:
    result = dream(bricks, bricks.with_name(name), "--output", "detail", "--iterations", "2000")
    assert result.exit_code != 0
    assert f"{name} can't hold the detail alone" in result.stderr
    assert "Use .tif, .exr or .npy." in result.stderr
    assert not bricks.with_name(name).exists()


# The whole dream in a file of the same colours and alpha: TIFF would hold it in 8 bits, EXR rounds it to halves.
@pytest.mark.parametrize(("layer", "whole", "rounding"), [("d.exr", "w.exr", 5e-4), ("d.tif", "w.npy", 1e-5)])
def test_the_linear_picture_and_its_detail_make_the_dream(
    bricks: Path, layer: str, whole: str, rounding: float
) -> None:
    source = read_picture(bricks)
    base = convert(source, working_form(source.info, Path(layer), "detail"))
    for name, output in ((layer, "detail"), (whole, "picture")):
        assert dream(bricks, bricks.with_name(name), "--output", output).exit_code == 0
    detail = read_picture(bricks.with_name(layer))
    assert detail.info == PictureInfo((40, 48, 3), "f32", "Linear Rec.709")
    assert detail.pixels.min() < 0 < detail.pixels.max()
    dreamed = read_picture(bricks.with_name(whole))
    if dreamed.info.colorspace == "sRGB":
        dreamed = convert(dreamed, base.info)
    assert np.allclose(base.pixels[..., :3] + detail.pixels, dreamed.pixels[..., :3], atol=rounding)


def test_the_detail_of_a_half_float_file_is_written_in_full(tmp_path: Path) -> None:
    pixels = np.random.default_rng(6).random((40, 48, 3)).astype("f2")
    source = written(tmp_path / "in.exr", pixels, "f16", colorspace="Linear Rec.709")
    assert dream(source, tmp_path / "detail.exr", "--output", "detail").exit_code == 0
    assert dream(source, tmp_path / "whole.exr").exit_code == 0
    detail, whole = (read_picture(tmp_path / name).pixels for name in ("detail.exr", "whole.exr"))
    assert detail.dtype == np.float32
    assert np.array_equal((pixels.astype("f4") + detail).astype("f2"), whole)


def test_a_format_without_floats_is_no_place_for_details() -> None:
    info = PictureInfo((4, 4, 3), "u8")
    with pytest.raises(PathError, match="no values below 0"):
        working_form(info, Path("a.png"), "detail")
    assert working_form(info, Path("a.npy"), "detail") == PictureInfo((4, 4, 3), "f32")


@pytest.mark.parametrize("target", ["dream.png", "dream.exr", "dream.npy"])
def test_a_normal_map_in_a_file_takes_no_curve(tmp_path: Path, target: str) -> None:
    flat = np.broadcast_to(np.array([128, 128, 255], "u1"), (40, 48, 3))
    source = written(tmp_path / "normal.png", np.ascontiguousarray(flat), "u8")
    assert dream(source, tmp_path / target, "--content", "normal", "--step", "0").exit_code == 0
    result = read_picture(tmp_path / target).pixels
    whole = 255 if result.dtype == np.uint8 else 1
    assert np.allclose(result / whole, flat / 255, atol=1e-6)
