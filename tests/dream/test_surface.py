"""Whole dreams of whole pictures: what changes, what stays, and in what form it comes back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.server.networks.staged import StagedNetwork
from reverie.server.still import Done, NetworkLoader, Progress, dream_picture
from reverie.shared.picture import DTYPES, Picture, PictureInfo
from reverie.shared.settings import DreamSettings

CPU = torch.device("cpu")
QUICK = DreamSettings(octaves=2, iterations=2, precision="float32")
COLORSPACES = ("sRGB", "Linear Rec.709", "Non-Color")


@pytest.fixture(scope="session")
def networks(small_network: StagedNetwork) -> NetworkLoader:
    return lambda *_: small_network


def none(*_: object) -> StagedNetwork:
    raise AssertionError("a network was asked for")


def done(picture: Picture, networks: NetworkLoader, request: DreamSettings, mask: Picture | None = None) -> Picture:
    *_, last = dream_picture(picture, request, networks, CPU, mask=mask)
    assert isinstance(last, Done)
    return last.picture


def stored(
    values: np.ndarray, dtype: str = "f32", colorspace: str = "sRGB", alpha: str = "none", **facts: str
) -> Picture:
    kind = DTYPES[dtype]
    pixels = (values.clip(0, 1) * np.iinfo(kind).max).round() if dtype[0] == "u" else values
    return Picture(PictureInfo(values.shape, dtype, colorspace, alpha, **facts), np.ascontiguousarray(pixels, kind))


def normal_map(seed: int = 0, dtype: str = "f32", size: tuple[int, int] = (40, 48)) -> Picture:
    slopes = 0.3 * np.random.default_rng(seed).standard_normal((*size, 2))
    vectors = np.concatenate([slopes, np.ones((*size, 1))], 2)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return stored(vectors * 0.5 + 0.5, dtype, "Non-Color")


def vectors(picture: Picture) -> np.ndarray:
    whole = np.iinfo(picture.pixels.dtype).max if picture.pixels.dtype.kind == "u" else 1
    return picture.pixels[..., :3].astype("f8") / whole * 2 - 1


def bits(pixels: np.ndarray) -> bytes:
    return np.ascontiguousarray(pixels).tobytes()


def colours(picture: Picture) -> np.ndarray:
    return picture.pixels[..., : 1 if picture.info.shape[2] < 3 else 3]


@st.composite
def pictures(draw: st.DrawFn, dtypes: tuple[str, ...] = tuple(DTYPES)) -> Picture:
    """Pictures of every form, with HDR and negative values, and some that are no numbers."""
    channels = draw(st.integers(1, 4))
    shape = (draw(st.integers(1, 40)), draw(st.integers(1, 40)), channels)
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    dtype = draw(st.sampled_from(dtypes))
    values = random.random(shape)
    if dtype[0] == "f":
        values = values * draw(st.sampled_from((1.0, 3.0))) - draw(st.sampled_from((0.0, 0.2)))
        values[random.random(shape) < draw(st.sampled_from((0.0, 0.02)))] = draw(
            st.sampled_from((np.nan, np.inf, -np.inf))
        )
    alpha = draw(st.sampled_from(("none", "straight", "premultiplied") if channels in (2, 4) else ("none",)))
    rows = draw(st.sampled_from(("top-down", "bottom-up")))
    return stored(values, dtype, draw(st.sampled_from(COLORSPACES)), alpha, rows=rows)


@st.composite
def requests(draw: st.DrawFn) -> DreamSettings:
    return QUICK.replace(
        colours=draw(st.sampled_from(("dream", "luminance", "match"))),
        content=draw(st.sampled_from(("auto", "colour", "data"))),
        seamless=draw(st.sampled_from(("none", "x", "xy"))),
        smoothing=draw(st.sampled_from(("none", "laplacian"))),
        strength=draw(st.sampled_from((1.0, 0.4))),
        clip=draw(st.booleans()),
    )


def some_mask(picture: Picture) -> tuple[Picture, np.ndarray]:
    """A soft mask that protects half of the picture; and which pixels, as they are stored, it protects."""
    height, width, _ = picture.info.shape
    values = np.zeros((height, width, 1))
    values[: (height + 1) // 2, width // 3 :] = np.random.default_rng(1).random() * 0.9 + 0.1
    protected = values[..., 0] == 0
    return stored(values), protected if picture.info.rows == "top-down" else protected[::-1]


@settings(max_examples=40, deadline=None)
@given(pictures(), requests())
def test_outside_a_mask_no_bit_changes(networks: NetworkLoader, picture: Picture, request_: DreamSettings) -> None:
    mask, protected = some_mask(picture)
    result = done(picture, networks, request_, mask).pixels
    assert bits(result[protected]) == bits(picture.pixels[protected])


@settings(max_examples=40, deadline=None)
@given(pictures(), requests())
def test_alpha_and_what_is_no_number_stay_and_never_spread(
    networks: NetworkLoader, picture: Picture, request_: DreamSettings
) -> None:
    result = done(picture, networks, request_)
    channels = colours(picture).shape[2]
    assert bits(result.pixels[..., channels:]) == bits(picture.pixels[..., channels:])
    if picture.pixels.dtype.kind == "f":
        broken = ~np.isfinite(picture.pixels)
        assert bits(result.pixels[broken]) == bits(picture.pixels[broken])
        assert np.isfinite(colours(result)[np.isfinite(colours(picture))]).all()


@settings(max_examples=40, deadline=None)
@given(pictures(), requests())
def test_picture_and_detail_make_the_dream(networks: NetworkLoader, picture: Picture, request_: DreamSettings) -> None:
    detail = done(picture, networks, request_.replace(output="detail"))
    linear = picture.info.colorspace.startswith("Linear")
    shape = (*picture.info.shape[:2], colours(picture).shape[2])
    form = PictureInfo(shape, "f32", picture.info.colorspace if linear else "Non-Color", "none", picture.info.rows)
    assert detail.info == form
    assert np.isfinite(detail.pixels).all()
    dreamed = done(picture, networks, request_)
    if picture.info.dtype[0] == "u":
        whole = np.iinfo(picture.pixels.dtype).max
        total = (colours(picture) / np.float32(whole) + detail.pixels) * whole
        assert np.abs(total - colours(dreamed)).max() <= 0.51
    else:
        total = (colours(picture).astype("f4") + detail.pixels).astype(picture.pixels.dtype)
        assert np.array_equal(total, colours(dreamed), equal_nan=True)


@settings(max_examples=20, deadline=None)
@given(pictures(), requests())
def test_strength_0_is_the_picture_and_adds_nothing(picture: Picture, request_: DreamSettings) -> None:
    asleep = request_.replace(strength=0.0)
    assert bits(done(picture, none, asleep).pixels) == bits(picture.pixels)
    detail = done(picture, none, asleep.replace(output="detail"))
    assert detail.pixels.shape == colours(picture).shape
    assert not detail.pixels.any()


def test_a_mask_dreams_where_it_is_white_and_half_where_grey(networks: NetworkLoader) -> None:
    picture = stored(np.random.default_rng(2).random((64, 96, 3)))
    values = np.zeros((64, 96, 1))
    values[:, 32:64], values[:, 64:] = 0.5, 1
    moved = np.abs(done(picture, networks, QUICK, stored(values)).pixels - picture.pixels).mean((0, 2))
    assert moved[:32].max() == 0
    assert 0.2 < moved[36:60].mean() / moved[68:].mean() < 0.8


@pytest.mark.parametrize("content", ["data", "auto"])
def test_data_moves_alike_in_every_channel(networks: NetworkLoader, content: str) -> None:
    values = np.random.default_rng(3).random((40, 48, 3)) * [0.2, 0.3, 0.1] + 0.4
    picture = stored(values, colorspace="Non-Color")
    change = done(picture, networks, QUICK.replace(content=content)).pixels - picture.pixels
    assert np.abs(change).mean() > 1e-3
    assert np.abs(change - change[..., :1]).max() < 1e-6


def test_data_is_seen_as_it_is_stored_whatever_its_colour_space(networks: NetworkLoader) -> None:
    values = np.random.default_rng(3).random((40, 48, 3))
    linear, plain = (
        done(stored(values, colorspace=name), networks, QUICK.replace(content="data"))
        for name in ("Linear Rec.709", "Non-Color")
    )
    assert np.array_equal(linear.pixels, plain.pixels)


def test_values_beyond_the_range_of_data_stay_there(networks: NetworkLoader) -> None:
    values = np.random.default_rng(4).random((40, 48, 1)) * 50 - 5
    result = done(stored(values, colorspace="Non-Color"), networks, QUICK).pixels
    assert np.corrcoef(result.ravel(), values.ravel())[0, 1] > 0.9
    assert result.min() < -4
    assert result.max() > 40


@pytest.mark.parametrize(("dtype", "rounding"), [("u8", 7e-3), ("u16", 3e-5), ("f16", 2e-3), ("f32", 1e-6)])
@pytest.mark.parametrize("strength", [1.0, 0.3])
def test_a_dreamed_normal_map_is_of_unit_length(
    networks: NetworkLoader, dtype: str, rounding: float, strength: float
) -> None:
    picture = normal_map(5, dtype)
    result = done(picture, networks, QUICK.replace(strength=strength))
    assert np.abs(np.linalg.norm(vectors(result), axis=2) - 1).max() < rounding
    assert (result.pixels != picture.pixels).mean() > 0.5
    assert (vectors(result)[..., 2] > 0).all()


def test_strength_is_the_height_of_the_relief(networks: NetworkLoader) -> None:
    flat = stored(np.broadcast_to([0.5, 0.5, 1.0], (40, 48, 3)), colorspace="Non-Color")

    def slopes(strength: float) -> np.ndarray:
        request = QUICK.replace(strength=strength, start="white", content="normal")
        x, y, z = np.moveaxis(vectors(done(flat, networks, request)), 2, 0)
        return np.stack([x / z, y / z])

    assert np.allclose(slopes(0.25), slopes(1.0) / 4, atol=1e-4)


def test_a_normal_map_stays_where_a_mask_or_a_broken_pixel_says(networks: NetworkLoader) -> None:
    picture = normal_map(6)
    picture.pixels[3, 40] = np.nan
    mask, protected = some_mask(picture)
    result = done(picture, networks, QUICK, mask).pixels
    assert bits(result[protected]) == bits(picture.pixels[protected])
    assert np.argwhere(~np.isfinite(result).all(2)).tolist() == [[3, 40]]
    assert (result != picture.pixels)[~protected].mean() > 0.9


@pytest.mark.parametrize("content", ["colour", "data", "normal"])
@pytest.mark.parametrize("size", [(1, 1), (3, 500)])
@pytest.mark.parametrize("seamless", ["none", "xy"])
def test_tiny_and_narrow_pictures_come_back(
    networks: NetworkLoader, content: str, size: tuple[int, int], seamless: str
) -> None:
    picture = normal_map(7, "u8", size)
    result = done(picture, networks, QUICK.replace(content=content, seamless=seamless, colours="match"))
    assert result.info == picture.info


@pytest.mark.parametrize("content", ["colour", "data", "normal"])
@pytest.mark.parametrize("kept", ["dream", "luminance", "match"])
def test_the_last_preview_looks_like_the_result(networks: NetworkLoader, content: str, kept: str) -> None:
    picture = normal_map(8, "u8")
    request = QUICK.replace(content=content, colours=kept, octaves=1)
    *_, (preview, last) = [
        (event.preview(4096), event.step)
        for event in dream_picture(picture, request, networks, CPU)
        if isinstance(event, Progress)
    ]
    assert last == 2
    result = done(picture, networks, request)
    assert np.abs(preview.pixels.astype(int) - result.pixels.astype(int)).max() <= 1


def test_matched_colours_ignore_what_is_transparent(networks: NetworkLoader) -> None:
    values = np.random.default_rng(9).random((40, 48, 4)) * [0.2, 0.1, 0.3, 1]
    values[..., 3] = 1
    values[:, 30:, 3] = 0
    other = values.copy()
    other[:, 30:, :3] = 1 - other[:, 30:, :3]
    request = QUICK.replace(colours="match", step=0.0)
    for each in (values, other):
        picture = stored(each, alpha="straight")
        assert bits(done(picture, networks, request).pixels) == bits(picture.pixels)
    dreamed = done(stored(values, alpha="straight"), networks, QUICK.replace(colours="match")).pixels
    shown = dreamed[:, :30, :3].astype("f8").reshape(-1, 3)
    assert np.allclose(shown.mean(0), values[:, :30, :3].reshape(-1, 3).mean(0), atol=0.02)
