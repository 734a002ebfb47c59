"""A video's frames: all of them, in any order, in their colours."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reverie.server.frames.decoding import decode
from reverie.server.frames.video_source import VideoSource
from reverie.server.media.errors import ReadError
from reverie.shared.frames.errors import FrameError
from reverie.shared.frames.pieces import at_once

SIZE = (48, 64)


def grey(number: int) -> int:
    """The grey of a frame: neighbours differ by more than compression does."""
    return 20 + number * 37 % 200


def film(path: Path, count: int = 30, codec: str = "libx264", form: str = "yuv420p", **options: Any) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, Fraction(24000, 1001))
        stream.height, stream.width, stream.pix_fmt = *SIZE, form
        stream.options = {key: str(value) for key, value in options.items()}
        for number in range(1, count + 1):
            pixels = np.full((*SIZE, 3), grey(number), "u1")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=form)))
        container.mux(stream.encode())
    return path


def shown(source: VideoSource, number: int) -> float:
    picture = decode(at_once(source.read(number))).picture
    return float(picture.pixels.mean()) / np.iinfo(picture.pixels.dtype).max * 255


@pytest.mark.parametrize(
    ("name", "codec", "form"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mkv", "ffv1", "bgr0"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.mov", "prores_ks", "yuv422p10le"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.mpg", "mpeg2video", "yuv420p"),
    ],
)
def test_every_frame_is_found_in_any_order(tmp_path: Path, name: str, codec: str, form: str) -> None:
    source = VideoSource(film(tmp_path / name, codec=codec, form=form))
    assert list(source.numbers) == list(range(1, 31))
    assert source.size == SIZE
    assert float(source.fps) == pytest.approx(23.976, abs=0.01)
    for number in (1, 2, 3, 17, 18, 5, 30, 29, 30, 1):
        assert shown(source, number) == pytest.approx(grey(number), abs=6), number


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    path = tmp_path / "deep.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", 24)
        stream.height, stream.width, stream.pix_fmt = 8, 1024, "gray10le"
        stream.pix_fmt = "yuv444p10le"
        ramp = np.broadcast_to((np.arange(1024) << 6).astype("u2")[None, :, None], (8, 1024, 3)).copy()
        frame = av.VideoFrame.from_ndarray(ramp, "rgb48le").reformat(format="yuv444p10le")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    picture = decode(at_once(VideoSource(path).read(1))).picture
    assert picture.info.dtype == "u16"
    assert len(np.unique(picture.pixels[0, :, 1])) > 500


def test_colours_are_those_of_the_videos_space(tmp_path: Path) -> None:
    path = tmp_path / "red.mp4"
    colour = np.array([200, 40, 60])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 24)
        stream.height, stream.width, stream.pix_fmt = 720, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.broadcast_to(colour.astype("u1"), (720, 64, 3)).copy(), "rgb24")
        container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace="ITU709")))
        container.mux(stream.encode())
    pixels = decode(at_once(VideoSource(path).read(1))).picture.pixels
    assert np.abs(pixels.reshape(-1, 3).mean(0) - colour).max() < 4


def test_alpha_comes_along(tmp_path: Path) -> None:
    path = tmp_path / "glass.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("qtrle", 24)
        stream.height, stream.width, stream.pix_fmt = *SIZE, "argb"
        pixels = np.full((*SIZE, 4), 255, "u1")
        pixels[:, :32, 3] = 0
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgba").reformat(format="argb")))
        container.mux(stream.encode())
    picture = decode(at_once(VideoSource(path).read(1))).picture
    assert picture.info.alpha == "straight"
    assert (picture.pixels[:, :32, 3] == 0).all()
    assert (picture.pixels[:, 32:, 3] == 255).all()


def test_a_damaged_frame_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mov", codec="png", form="rgb24")
    data = bytearray(path.read_bytes())
    signatures = [at for at in range(len(data)) if data[at : at + 8] == b"\x89PNG\r\n\x1a\n"]
    data[signatures[4] + 20 : signatures[4] + 60] = bytes(40)
    path.write_bytes(data)
    source = VideoSource(path)
    with pytest.raises(FrameError, match=r"Frame 5 of a\.mov"):
        at_once(source.read(5))
    assert shown(source, 4) == pytest.approx(grey(4), abs=1)
    assert shown(source, 6) == pytest.approx(grey(6), abs=1)


@pytest.mark.parametrize("content", ["empty", "text", "half", "missing"])
def test_what_is_no_video_is_refused_in_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "clip.mp4"
    whole = film(tmp_path / "whole.mp4").read_bytes()
    if content != "missing":
        path.write_bytes({"empty": b"", "text": b"No video.\n" * 99, "half": whole[: len(whole) // 2]}[content])
    with pytest.raises(ReadError, match=r"clip\.mp4") as caught:
        VideoSource(path)
    assert caught.value.hint
