"""How pictures travel on a slow line: chosen by what it carries, narrowed without touching what was not dreamed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared.client.line import FORMS, Line, Way, choose
from reverie.shared.client.narrowing import narrowed, widened_picture
from reverie.shared.client.transfers import Download, Upload
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.wire.blobs import CHUNK, packed_chunk
from reverie.shared.wire.packing import Grain

MB = 1e6


@pytest.mark.parametrize(
    ("form", "local", "rate", "way"),
    [
        ("auto", True, None, Way(pack=False, narrow=False)),
        ("auto", True, 900 * MB, Way(pack=False, narrow=False)),
        ("auto", True, 2 * MB, Way(pack=True, narrow=False)),
        ("auto", True, 110 * MB, Way(pack=False, narrow=False)),
        ("auto", False, None, Way(pack=True, narrow=True)),
        ("auto", False, 2 * MB, Way(pack=True, narrow=True)),
        ("auto", False, 110 * MB, Way(pack=True, narrow=False)),
        ("auto", False, 900 * MB, Way(pack=False, narrow=False)),
        ("exact", False, 2 * MB, Way(pack=True, narrow=False)),
        ("exact", False, None, Way(pack=True, narrow=False)),
        ("half", True, 900 * MB, Way(pack=False, narrow=True)),
    ],
)
def test_the_way_follows_from_the_line(form: str, local: bool, rate: float | None, way: Way) -> None:
    assert form in FORMS
    assert choose(form, local, rate) == way


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def sent_over(rate: float, *, idle: float = 0.0, chunks: int = 12, fsync: float = 0.0) -> float | None:
    """What a line of ``rate`` bytes a second is taken for: four chunks under way, each after a pause of ``idle``."""
    clock = Clock()
    line = Line(clock)
    ahead = 1 if idle else 4
    for at in range(chunks + ahead):
        if at < chunks:
            line.sent(b"b", at, CHUNK, CHUNK)
        if at >= ahead:
            last = at == chunks + ahead - 1
            clock.now += CHUNK / rate + fsync * last
            line.acknowledged(b"b", at - ahead, last)
            clock.now += idle
    return line.rate


@pytest.mark.parametrize("rate", [0.2 * MB, 2 * MB, 50 * MB, 1000 * MB])
def test_the_line_is_measured(rate: float) -> None:
    assert sent_over(rate) == pytest.approx(rate, rel=0.01)


def test_the_servers_disk_is_not_taken_for_the_line() -> None:
    assert sent_over(1000 * MB, fsync=2.0) == pytest.approx(1000 * MB, rel=0.01)


def test_little_and_quick_says_nothing() -> None:
    assert sent_over(1000 * MB, chunks=4) is None


def picture(pixels: np.ndarray, colorspace: str, alpha: str = "premultiplied") -> Picture:
    pixels = np.ascontiguousarray(pixels, np.float32)
    return Picture(PictureInfo(pixels.shape, "f32", colorspace, alpha, "bottom-up"), pixels)


def wild(side: int = 64) -> Picture:
    """Floats of all kinds that halves can hold more or less."""
    rng = np.random.default_rng(5)
    pixels = rng.normal(0, 1, (side, side, 4)) * 10.0 ** rng.integers(-9, 4, (side, side, 4))
    pixels[:4] = [np.nan, np.inf, -np.inf, -0.0]
    return picture(pixels, "Linear Rec.709")


def bytes_of(side: int = 64) -> Picture:
    """A texture of 8 bits, as Blender hands it out."""
    steps = np.random.default_rng(6).integers(0, 256, (side, side, 4), np.uint8)
    return picture(steps * np.float32(1 / 255), "sRGB", "straight")


@pytest.mark.parametrize(("given_", "dtype"), [(wild(), "f16"), (bytes_of(), "u8")])
def test_what_was_not_dreamed_comes_back_to_the_bit(given_: Picture, dtype: str) -> None:
    small = narrowed(given_)
    assert small is not None and small.info.dtype == dtype
    dream = np.frombuffer(small[0 : small.info.size], small.info.numpy_dtype).copy()
    dream = dream.reshape(given_.pixels.shape)
    place = np.s_[20:30, 20:30, :3]
    dream[place] = 1.5 if dtype == "f16" else 77
    back = small.dreamed(0, dream.data.cast("B")).reshape(given_.pixels.shape)
    changed = np.zeros(given_.pixels.shape, bool)
    changed[place] = True
    same = back.view(np.uint32) == given_.pixels.view(np.uint32)
    assert same[~changed].all()
    wanted = 1.5 if dtype == "f16" else 77 / 255
    finite = np.isfinite(given_.pixels[place])
    error = np.abs(back[place] - wanted)[finite]
    assert (error <= 2.0**-11 * (np.abs(given_.pixels[place][finite]) + 1.5) + 1e-6).all()


@given(st.integers(0, 255))
def test_any_byte_is_a_byte_however_it_was_divided(value: int) -> None:
    for pixel in (np.float32(value / 255), np.float32(value) * np.float32(1 / 255)):
        small = narrowed(picture(np.full((1, 1, 1), pixel), "sRGB", "none"))
        assert small is not None and small.info.dtype == "u8" and small[0:1][0] == value


@pytest.mark.parametrize(
    ("given_", "dtype"),
    [
        (picture(np.full((2, 2, 4), 65504.0), "Linear Rec.709"), "f16"),
        (picture(np.full((2, 2, 4), -70000.0), "Linear Rec.709"), None),
        (picture(np.full((2, 2, 4), 70000.0), "Linear Rec.709"), None),
        (picture(np.full((2, 2, 4), np.nan), "Linear Rec.709"), "f16"),
        (picture(np.full((2, 2, 4), 1.0), "Non-Color"), "f16"),
        (picture(np.full((2, 2, 4), 0.5), "sRGB"), "f16"),
        (picture(np.full((2, 2, 4), 2.0), "sRGB"), "f16"),
    ],
)
def test_nothing_is_narrowed_that_would_not_fit(given_: Picture, dtype: str | None) -> None:
    small = narrowed(given_)
    assert (small and small.info.dtype) == dtype


def test_only_floats_are_narrowed() -> None:
    pixels = np.zeros((2, 2, 4), np.uint8)
    assert narrowed(Picture(PictureInfo(pixels.shape, "u8"), pixels)) is None


def test_a_narrow_picture_can_be_made_wide_without_its_original() -> None:
    given_ = bytes_of()
    small = narrowed(given_)
    assert small
    alone = Picture.from_bytes(small.info, bytes(small[0 : small.info.size]))
    wide = widened_picture(alone)
    assert wide.info == dataclasses.replace(given_.info, dtype="f32")
    assert np.abs(wide.pixels - given_.pixels).max() < 1e-6
    assert widened_picture(given_) is given_


@pytest.mark.parametrize("differs", [True, False])
@pytest.mark.parametrize("given_", [wild(400), bytes_of(600)])
def test_a_dream_comes_down_in_any_order_and_is_as_wide_as_the_picture(given_: Picture, differs: bool) -> None:
    small = narrowed(given_)
    assert small
    upload = Upload(small, small.info, b"u" * 16)
    download = Download(b"d" * 16, small.info, {}, upload)
    assert download.get()["base"] == upload.blob
    for at in reversed(range(0, small.info.size, CHUNK)):
        plain = upload.part(at)
        base = (upload.blob, plain) if differs else None
        ack = download.take(*packed_chunk(download.blob, at, plain, Grain.of(small.info), base))
        assert ack["full"] == (at == 0)
    assert download.content == given_.info
    assert download.data.tobytes() == given_.data()


def test_the_way_can_be_said() -> None:
    assert str(Way(pack=False, narrow=False)) == "Pictures travel as they are."
    assert str(Way(pack=True, narrow=True)) == "Pictures travel packed and with floats as halves."


def test_the_line_can_be_said() -> None:
    line = Line()
    assert str(line) == "Not measured yet"
    line.rate = 2.34e6
    line.moved(1000, 1000)
    assert str(line) == "2.3 MB/s"
    line.moved(1000, 200)
    assert str(line) == "2.3 MB/s, 60% of the bytes sent"
