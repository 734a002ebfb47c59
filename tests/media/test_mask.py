"""Masks: grey pictures of any size that say how much each place may change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reverie.server.media.mask import to_mask
from reverie.shared.picture import DTYPES, Picture, PictureInfo


def picture(pixels: object, dtype: str = "f32", alpha: str = "none", **facts: str) -> Picture:
    array = np.ascontiguousarray(pixels, DTYPES[dtype])
    return Picture(PictureInfo(array.shape, dtype, alpha=alpha, **facts), array)  # type: ignore[arg-type]


def of(height: int, width: int) -> PictureInfo:
    return PictureInfo((height, width, 3), "u8")


def values(mask: Picture) -> list[float]:
    return to_mask(mask, of(*mask.info.shape[:2])).flatten().tolist()


@pytest.mark.parametrize(("dtype", "half"), [("u8", 128 / 255), ("u16", 32768 / 65535), ("f16", 0.5), ("f32", 0.5)])
@pytest.mark.parametrize("colorspace", ["sRGB", "Linear Rec.709", "Non-Color"])
def test_values_count_as_they_are_stored(dtype: str, half: float, colorspace: str) -> None:
    whole = {"u8": 255, "u16": 65535}.get(dtype, 1)
    mask = picture([[[0], [round(half * whole) if whole > 1 else half], [whole]]], dtype, colorspace=colorspace)
    assert values(mask) == pytest.approx([0, half, 1])


def test_colours_count_by_their_mean_and_less_where_transparent() -> None:
    assert values(picture([[[0.3, 0.6, 0.0]]])) == pytest.approx([0.3])
    assert values(picture([[[0.8, 0.8, 0.8, 0.5]]], alpha="straight")) == pytest.approx([0.4])
    assert values(picture([[[0.4, 0.4, 0.4, 0.5]]], alpha="premultiplied")) == pytest.approx([0.4])
    assert values(picture([[[0.4, 0.5]]], alpha="straight")) == pytest.approx([0.2])


def test_what_is_no_number_protects_and_the_range_ends() -> None:
    assert values(picture([[[np.nan], [np.inf], [-np.inf], [-3.0], [7.0]]])) == [0, 1, 0, 0, 1]


def test_rows_are_counted_from_the_top() -> None:
    assert values(picture([[[0.0]], [[1.0]]], rows="bottom-up")) == [1, 0]


def test_another_size_is_stretched_over_the_picture() -> None:
    halves = np.zeros((10, 20, 1))
    halves[:, :10] = 1
    large = to_mask(picture(halves), of(40, 80))
    assert large.shape == (1, 1, 40, 80)
    assert (large[..., :38] == 1).all()
    assert (large[..., 42:] == 0).all()
    fine = np.tile([[[1.0], [0.0]], [[0.0], [1.0]]], (32, 32, 1))
    assert torch.allclose(to_mask(picture(fine), of(8, 8)), torch.tensor(0.5), atol=0.05), "every pixel counts"
