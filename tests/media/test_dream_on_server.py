"""``reverie dream --server``: the same dream, computed elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from reverie.server.cli import main
from reverie.server.media.files import read_picture, write_picture
from reverie.server.service.local import local_server
from reverie.shared.picture import Picture, PictureInfo
from scripted_server import ScriptedServer

QUICK = ("--network", "ornament", "--octaves", "1", "--iterations", "2", "--precision", "float32")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with local_server("cpu") as running:
        yield str(running.address)


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    info = PictureInfo((40, 48, 4), "f16", "Linear Rec.709", "premultiplied")
    pixels = (np.random.default_rng(1).random(info.shape) * 3 - 0.5).astype("f2")
    pixels[0, 0] = np.inf
    write_picture(tmp_path / "lamp.exr", Picture(info, pixels))
    return tmp_path / "lamp.exr"


def dream(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["dream", *(str(argument) for argument in arguments)])


def test_a_server_dreams_the_same(lamp: Path, server: str) -> None:
    here, there = lamp.with_name("here.exr"), lamp.with_name("there.exr")
    assert dream(lamp, here, *QUICK).exit_code == 0
    result = dream(lamp, there, *QUICK, "--server", server)
    assert result.exit_code == 0, result.output
    assert "ornament: step 2 of 2" in result.stdout
    assert np.allclose(read_picture(there).pixels, read_picture(here).pixels, atol=1e-2, equal_nan=True)
    assert not np.array_equal(read_picture(there).pixels, read_picture(lamp).pixels, equal_nan=True)


def test_at_strength_0_a_server_gives_every_bit_back(lamp: Path, server: str) -> None:
    result = dream(lamp, lamp.with_name("same.exr"), "--strength", "0", "--server", server)
    assert result.exit_code == 0, result.output
    assert read_picture(lamp.with_name("same.exr")).pixels.tobytes() == read_picture(lamp).pixels.tobytes()


def test_a_servers_refusal_is_told_in_words(lamp: Path, server: str) -> None:
    result = dream(lamp, lamp.with_name("a.exr"), "--network", "ornament", "--layers", "nothing", "--server", server)
    assert result.exit_code == 2
    assert "nothing" in result.stderr
    assert "ornaments" in result.stderr
    assert not lamp.with_name("a.exr").exists()


def test_guide_and_mask_go_to_a_server(lamp: Path, server: str) -> None:
    values = np.random.default_rng(2).integers(0, 256, (33, 57, 3), "u1")
    mask, guide = lamp.with_name("mask.png"), lamp.with_name("guide.png")
    write_picture(guide, Picture(PictureInfo(values.shape, "u8"), values))
    black = np.zeros((20, 24, 1), "u1")
    black[:10] = 255
    write_picture(mask, Picture(PictureInfo(black.shape, "u8"), black))
    result = dream(lamp, lamp.with_name("led.exr"), *QUICK, "--guide", guide, "--mask", mask, "--server", server)
    assert result.exit_code == 0, result.output
    before, after = read_picture(lamp).pixels, read_picture(lamp.with_name("led.exr")).pixels
    assert after[21:].tobytes() == before[21:].tobytes()
    assert not np.array_equal(after[:19], before[:19], equal_nan=True)


def test_a_servers_warning_is_told(lamp: Path) -> None:
    server = ScriptedServer()
    server.warnings = ["The dream's worker died; trying again (2 of 3)."]
    try:
        result = dream(lamp, lamp.with_name("a.exr"), "--network", "ornament", "--server", server.address)
    finally:
        server.close()
    assert result.exit_code == 0, result.output
    assert result.stderr == f"ornament: {server.warnings[0]}\n"
