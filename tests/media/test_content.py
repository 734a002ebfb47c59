"""Colours, data and normal maps are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from reverie.server.media.content import content_of
from reverie.shared.declaration import SettingError
from reverie.shared.picture import DTYPES, Picture, PictureInfo

RANDOM = np.random.default_rng(5)


def stored(values: np.ndarray, dtype: str = "f32", colorspace: str = "Non-Color") -> Picture:
    kind = DTYPES[dtype]
    pixels = (values * np.iinfo(kind).max).round() if dtype[0] == "u" else values
    alpha = "straight" if values.shape[2] in (2, 4) else "none"
    return Picture(PictureInfo(values.shape, dtype, colorspace, alpha), np.ascontiguousarray(pixels, kind))


def normals(steepness: float) -> np.ndarray:
    vectors = np.concatenate([steepness * RANDOM.standard_normal((60, 70, 2)), np.ones((60, 70, 1))], 2)
    return vectors / np.linalg.norm(vectors, axis=2, keepdims=True) * 0.5 + 0.5


@pytest.mark.parametrize("dtype", list(DTYPES))
@pytest.mark.parametrize("steepness", [0.0, 0.2, 1.5])
def test_normal_maps_are_known_by_their_unit_vectors(dtype: str, steepness: float) -> None:
    assert content_of(stored(normals(steepness), dtype), "auto") == "normal"
    with_alpha = np.concatenate([normals(steepness), np.ones((60, 70, 1))], 2)
    assert content_of(stored(with_alpha, dtype), "auto") == "normal"


def test_a_few_broken_pixels_do_not_hide_a_normal_map() -> None:
    values = normals(0.4)
    values[3, :5] = np.nan
    values[10:12, 20:40] = 0
    assert content_of(stored(values), "auto") == "normal"


@pytest.mark.parametrize(
    "values",
    [
        RANDOM.random((40, 40, 3)),
        np.full((40, 40, 3), 0.789),  # a grey whose vector has unit length too
        np.stack([np.ones((40, 40)), RANDOM.random((40, 40)), np.zeros((40, 40))], 2),
        np.full((40, 40, 3), np.nan),
        RANDOM.random((40, 40, 1)),
        1 - normals(0.3),
    ],
    ids=["noise", "grey", "packed", "broken", "one channel", "inside out"],
)
def test_other_maps_are_data(values: np.ndarray) -> None:
    assert content_of(stored(values), "auto") == "data"


@pytest.mark.parametrize("colorspace", ["sRGB", "Linear Rec.709", "AgX Base sRGB"])
def test_only_what_is_no_colour_is_looked_into(colorspace: str) -> None:
    assert content_of(stored(normals(0.3), colorspace=colorspace), "auto") == "colour"


def test_the_setting_has_the_last_word() -> None:
    for setting in ("colour", "data", "normal"):
        assert content_of(stored(normals(0.3)), setting) == setting
    with pytest.raises(SettingError, match="grey picture is no normal map") as caught:
        content_of(stored(np.ones((4, 4, 1))), "normal")
    assert caught.value.field == "content"
