"""Pictures keep their every bit where nothing was dreamed, and move as the dream does where something was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reverie.server.media import values
from reverie.server.media.display import to_display
from reverie.server.media.encoding import KNEE, Encoding
from reverie.shared.picture import DTYPES, Picture, PictureInfo

COLORSPACES = ("sRGB", "Linear Rec.709", "Linear", "Non-Color", "AgX Base sRGB")


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    channels = draw(st.integers(1, 4))
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 7)), channels)
    dtype = draw(st.sampled_from(list(DTYPES)))
    alpha = draw(st.sampled_from(("none", "straight", "premultiplied") if channels in (2, 4) else ("none",)))
    info = PictureInfo(
        shape, dtype, draw(st.sampled_from(COLORSPACES)), alpha, draw(st.sampled_from(("top-down", "bottom-up")))
    )
    # Every bit pattern: NaN with payloads, infinities, subnormals, negative zero.
    bits = draw(hnp.arrays(f"u{info.numpy_dtype.itemsize}", shape))
    return Picture(info, bits.view(info.numpy_dtype))


def picture(pixels: object, colorspace: str = "sRGB", alpha: str = "none", rows: str = "top-down") -> Picture:
    array = np.ascontiguousarray(pixels)
    dtype = next(name for name, known in DTYPES.items() if known == array.dtype)
    assert array.ndim == 3
    return Picture(PictureInfo(array.shape, dtype, colorspace, alpha, rows), array)


def one(*values: float, dtype: str = "f4", **facts: str) -> Picture:
    return picture(np.array(values, dtype).reshape(1, 1, -1), **facts)


def bits(pixels: np.ndarray) -> bytes:
    return np.ascontiguousarray(pixels).tobytes()


@given(pictures())
def test_no_dream_changes_no_bit(given_picture: Picture) -> None:
    shown = to_display(given_picture)
    back = shown.back(shown.tensor)
    assert back.info == given_picture.info
    assert bits(back.pixels) == bits(given_picture.pixels)


@given(pictures(), st.integers(0, 2**31))
def test_strength_zero_changes_no_bit(given_picture: Picture, seed: int) -> None:
    shown = to_display(given_picture)
    dreamed = torch.rand(shown.tensor.shape, generator=torch.Generator().manual_seed(seed))
    assert bits(shown.back(dreamed, strength=0.0).pixels) == bits(given_picture.pixels)


@given(pictures())
def test_networks_see_finite_values_from_0_to_1(given_picture: Picture) -> None:
    seen = to_display(given_picture).tensor
    height, width, _ = given_picture.info.shape
    assert seen.shape == (1, 3, height, width)
    assert seen.dtype == torch.float32
    assert ((seen >= 0) & (seen <= 1)).all()


@given(pictures(), st.integers(0, 2**31))
def test_alpha_and_what_is_not_finite_are_never_dreamed_on(given_picture: Picture, seed: int) -> None:
    shown = to_display(given_picture)
    dreamed = torch.rand(shown.tensor.shape, generator=torch.Generator().manual_seed(seed))
    before, after = given_picture.pixels, shown.back(dreamed).pixels
    colours = 1 if before.shape[2] < 3 else 3
    assert bits(after[..., colours:]) == bits(before[..., colours:])
    if before.dtype.kind == "f":
        finite = np.isfinite(before)
        assert bits(after[~finite]) == bits(before[~finite])
        assert np.isfinite(after[finite]).all()


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("rows", ["top-down", "bottom-up"])
def test_a_dream_of_display_values_comes_out_as_it_is(dtype: str, rows: str) -> None:
    limit = np.iinfo(dtype).max if dtype[0] == "u" else 1
    random = np.random.default_rng(1)
    source = picture((random.random((5, 4, 3)) * limit).astype(dtype), rows=rows)
    dream = random.random((5, 4, 3), dtype=np.float32)
    result = to_display(source).back(torch.from_numpy(dream).permute(2, 0, 1)[None]).pixels / limit
    upright = result if rows == "top-down" else result[::-1]
    assert np.abs(upright - dream).max() <= (0.5 / limit + 1e-7 if limit > 1 else 1e-7)


def test_rows_are_shown_from_the_top() -> None:
    rising = np.linspace(0, 1, 4, dtype="f4").reshape(4, 1, 1)
    assert to_display(picture(rising)).tensor[0, 0, :, 0].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert to_display(picture(rising, rows="bottom-up")).tensor[0, 0, 0, 0].item() == 1.0


def test_blocks_of_rows_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    source = picture(random.random((23, 5, 4), dtype="f4") * 3, "Linear", "premultiplied", "bottom-up")
    dream = torch.rand(1, 3, 23, 5)
    whole = to_display(source)
    expected = whole.back(dream).pixels
    monkeypatch.setattr(values, "BLOCK", 100)
    parts = to_display(source)
    assert torch.allclose(parts.tensor, whole.tensor, atol=1e-6)
    assert np.allclose(parts.back(dream).pixels, expected, rtol=1e-4, atol=1e-6)


def test_a_linear_picture_is_seen_through_the_srgb_curve() -> None:
    assert to_display(one(0.2140, colorspace="Linear Rec.709")).tensor.unique().item() == pytest.approx(0.5, abs=1e-3)
    assert to_display(one(0.2140, colorspace="Non-Color")).tensor.unique().item() == pytest.approx(0.2140)


def test_strength_mixes_in_proportion() -> None:
    source = one(0.25, 0.25, 0.25)
    half = to_display(source).back(torch.full((1, 3, 1, 1), 0.75), strength=0.5)
    assert half.pixels.ravel() == pytest.approx([0.5] * 3)


def test_grey_takes_the_mean_of_the_dream() -> None:
    dream = torch.tensor([0.5, 0.6, 1.0]).reshape(1, 3, 1, 1)
    assert to_display(one(0.4)).back(dream).pixels.item() == pytest.approx(0.7)


def test_premultiplied_colour_is_seen_undivided_and_comes_back_divided() -> None:
    source = one(0.1, 0.2, 0.25, 0.5, alpha="premultiplied")
    shown = to_display(source)
    assert shown.tensor.ravel().tolist() == pytest.approx([0.2, 0.4, 0.5])
    assert shown.back(torch.ones(1, 3, 1, 1)).pixels.ravel() == pytest.approx([0.5, 0.5, 0.5, 0.5])


def test_colour_without_alpha_to_carry_it_stays() -> None:
    glow = one(0.3, -0.2, 4.0, 0.0, alpha="premultiplied", colorspace="Linear")
    assert bits(to_display(glow).back(torch.rand(1, 3, 1, 1)).pixels) == bits(glow.pixels)


@given(st.floats(1.0, 1e9), st.booleans(), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_encoding_can_be_undone(peak: float, linear: bool, fractions: list[float]) -> None:
    encoding = Encoding(linear, peak)
    values = torch.tensor([peak * f**4 for f in fractions], dtype=torch.float32)
    again = encoding.decode(encoding.encode(values))
    assert torch.allclose(again, values, rtol=1e-4, atol=1e-6)


@given(st.floats(1.0, 1e9), st.booleans())
def test_encoding_rises_smoothly_from_0_to_1(peak: float, linear: bool) -> None:
    encoding = Encoding(linear, peak)
    display_values = torch.linspace(0, 1, 2001)
    values = encoding.decode(display_values)
    assert (values.diff() > 0).all()
    assert encoding.encode(torch.tensor(peak)).item() == pytest.approx(1.0, abs=1e-5)
    below, knee, above = encoding.decode(torch.tensor([KNEE - 1e-6, KNEE, KNEE + 1e-6], dtype=torch.float64)).tolist()
    assert (above - knee) / (knee - below) == pytest.approx(1.0, rel=1e-3)


@given(st.floats(1.01, 1e9), st.booleans(), st.floats(0, 1), st.floats(-1, 1))
def test_small_details_make_no_suns(peak: float, linear: bool, fraction: float, move: float) -> None:
    encoding = Encoding(linear, peak)
    value = torch.tensor(peak * fraction**4)
    seen = encoding.encode(value)
    changed = (value + encoding.change(seen, (seen + move).clamp(0, 1) - seen)).item()
    most = max(1.0, 1.7 * value.item())
    assert -1e-5 * most <= changed <= 1.00001 * most


def test_the_normal_range_is_untouched_by_highlights() -> None:
    dim, bright = Encoding(True), Encoding(True, 500.0)
    values = torch.linspace(0, 0.6, 50)
    assert torch.equal(dim.encode(values), bright.encode(values))


def test_highlights_keep_their_light() -> None:
    source = picture(np.array([[[5000.0], [2.0], [0.2]]], "f4"), "Linear")
    shown = to_display(source)
    darker = shown.back(shown.tensor - 0.05).pixels.ravel()
    assert 4000 < darker[0] < 4700
    assert 1.5 < darker[1] < 1.9
    assert darker[2] == pytest.approx(0.158, abs=1e-3)


def test_a_glow_under_hardly_any_alpha_bends_nothing_else() -> None:
    lone = to_display(one(0.9, 0.9, 0.9, 1.0, colorspace="Linear", alpha="premultiplied"))
    beside = np.array([[[0.9, 0.9, 0.9, 1.0], [5.0, 5.0, 5.0, 1e-3]]], "f4")
    assert to_display(picture(beside, "Linear", "premultiplied")).tensor[0, 0, 0, 0] == lone.tensor[0, 0, 0, 0]


def test_one_infinite_pixel_does_not_blind_the_rest() -> None:
    source = picture(np.array([[[np.inf], [0.5]]], "f4"), "Linear")
    assert to_display(source).tensor[0, 0, 0].tolist() == pytest.approx([1.0, 0.7354], abs=1e-3)


@pytest.mark.parametrize("rows", ["top-down", "bottom-up"])
def test_preview_is_small_and_looks_like_the_result(rows: str) -> None:
    pixels = np.zeros((20, 40, 4), "f2")
    pixels[:10] = [0.2140, 0.2140, 0.2140, 1.0]
    pixels[10:] = [3.0, 3.0, 3.0, 0.5]
    source = picture(pixels, "Linear Rec.709", "straight", rows)
    shown = to_display(source)
    small = shown.preview(shown.tensor, 10)
    assert small.info == PictureInfo((5, 10, 4), "u8", "sRGB", "straight", rows)
    assert np.abs(small.pixels[0, 0].astype(int) - [127, 127, 127, 255]).max() <= 1
    assert np.abs(small.pixels[-1, 0].astype(int) - [255, 255, 255, 128]).max() <= 1


def test_preview_is_no_larger_than_the_dream_and_shows_its_strength() -> None:
    source = picture(np.full((16, 16, 1), 100, "u1"))
    small = to_display(source).preview(torch.full((1, 3, 8, 8), 200 / 255), 512, strength=0.5)
    assert small.info.shape == (8, 8, 3)
    assert (small.pixels == 150).all()
