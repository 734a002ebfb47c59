"""A film from Blender to the screen: `reverie demo --film` leaves what it promises."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from reverie.server.demo.film import FILES
from reverie.server.frames.decoding import Frame, decode, read_dream
from reverie.server.media.convert import convert
from reverie.server.media.files import read_picture
from reverie.shared.frames.frame import FrameFile
from reverie.shared.picture import PictureInfo

pytestmark = [
    pytest.mark.blender,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not importlib.util.find_spec("bpy"), reason="the demo needs Blender's Python module, bpy"),
]

NAMES = ["0001.exr", "0002.exr", "0003.exr"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("film")
    command = [sys.executable, "-m", "reverie", "demo", "--film", "--quick", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def frame(path: Path) -> Frame:
    return decode(FrameFile(".exr", path.read_bytes()), path.name)


def test_everything_promised_is_there_and_said(demo: tuple[Path, str]) -> None:
    folder, said = demo
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert all(name in said for name in FILES)
    assert said.index("Rendering") < said.index("Dreaming") < said.index("side by side")
    assert {path.name for path in (folder / "render").iterdir()} == {*NAMES, "scene.blend"}


@pytest.mark.parametrize("name", NAMES)
def test_dreamed_files_are_the_rendered_ones_with_a_dream_besides(demo: tuple[Path, str], name: str) -> None:
    rendered, dreamed = (frame(demo[0] / part / name).layers for part in ("render", "dream"))
    assert rendered and dreamed
    layers = {layer.name: layer for layer in dreamed.layers}
    kept = [layer.name for layer in rendered.layers]
    assert {"Combined", "Depth", "Vector", "Normal", "CryptoObject00"} <= {name.rpartition(".")[2] for name in kept}
    assert set(layers) - set(kept) == {"ViewLayer.Dream"}
    for layer in rendered.layers:
        channels = tuple(layer.channels)
        before, after = rendered.read(layer, channels), dreamed.read(layers[layer.name], channels)
        assert before.tobytes() == after.tobytes()
    picture, dream = rendered.read(rendered.picture, "RGB"), dreamed.read(layers["ViewLayer.Dream"], "RGB")
    assert np.abs(picture - dream).mean() > 0.005


def test_vectors_tell_where_everything_was(demo: tuple[Path, str]) -> None:
    before, after = (frame(demo[0] / "render" / name) for name in NAMES[:2])
    vector = after.passes.vector
    assert vector is not None
    y, x = np.mgrid[: vector.shape[0], : vector.shape[1]].astype(np.float32)
    carried = cv2.remap(display(before), x + vector[..., 0], y - vector[..., 1], cv2.INTER_LINEAR)
    still, moved = (np.median(np.abs(other - display(after))) for other in (display(before), carried))
    assert np.hypot(vector[..., 0], vector[..., 1]).max() > 0.3
    assert moved < still


def test_side_by_side_stand_the_render_and_its_dream(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    pair = read_picture(folder / "side-by-side" / "0002.png").pixels
    height, width = frame(folder / "render" / NAMES[1]).picture.info.shape[:2]
    assert pair.shape == (height, 2 * width, 3)
    left, right = np.split(pair.astype(int), 2, axis=1)
    assert np.abs(left - display(frame(folder / "render" / NAMES[1])) * 255).mean() < 1
    assert np.abs(left - right).mean() > 1


def test_the_film_has_all_frames(demo: tuple[Path, str]) -> None:
    with av.open(str(demo[0] / "film.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == len(NAMES)


def display(frame: Frame) -> np.ndarray:
    """RGB of a frame as a screen shows it, HxWx3 float32."""
    shape = (*frame.picture.info.shape[:2], 4)
    shown = convert(frame.picture, PictureInfo(shape, "f32", "sRGB", frame.picture.info.alpha))
    return shown.pixels[..., :3].clip(0, 1)


def test_a_film_of_dreamed_exrs_shows_the_dream(demo: tuple[Path, str], tmp_path: Path) -> None:
    out, film = tmp_path / "out", tmp_path / "film.mp4"
    command = [sys.executable, "-m", "reverie", "frames", str(demo[0] / "render"), str(out), "--video", str(film)]
    subprocess.run(
        [*command, "--frames", "1", "--octaves", "1", "--network", "ornament"],
        check=True,
        capture_output=True,
        timeout=400,
    )
    with av.open(str(film)) as video:
        (shown,) = (picture.to_ndarray(format="rgb24") / 255 for picture in video.decode(video=0))
    dream = read_dream(out / NAMES[0])
    screen = convert(dream, PictureInfo(dream.info.shape, "f32", "sRGB", dream.info.alpha)).pixels[..., :3].clip(0, 1)
    to_dream, to_render = (
        np.abs(shown - other).mean() for other in (screen, display(frame(demo[0] / "render" / NAMES[0])))
    )
    assert to_dream < 0.5 * to_render
