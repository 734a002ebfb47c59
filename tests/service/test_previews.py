"""Previews on slow links."""

from __future__ import annotations

import numpy as np
import pytest

from reverie.server.service.previews import fitted
from reverie.shared.picture import PictureInfo
from reverie.shared.wire.blobs import CHUNK, chunk_bytes


def shades(height: int, width: int) -> tuple[PictureInfo, np.ndarray]:
    down, right = np.mgrid[0:height, 0:width]
    pixels = np.stack([down * 255 // height, right * 255 // width, 0 * down + 9], -1).astype(np.uint8)
    return PictureInfo(pixels.shape, "u8", rows="bottom-up"), pixels


@pytest.mark.parametrize("packs", [True, False])
def test_a_fast_link_gets_them_as_they_are(packs: bool) -> None:
    info, pixels = shades(512, 300)
    fields, chunk = fitted(info.header(), pixels.data.cast("B"), CHUNK, packs)
    assert fields == {"picture": info.header()} and chunk == pixels.tobytes()


@pytest.mark.parametrize(
    ("piece", "shape"), [(1 << 14, [256, 150, 3]), (1 << 12, [128, 75, 3]), (1 << 9, [128, 75, 3])]
)
def test_a_slow_one_gets_them_small_and_packed(piece: int, shape: list[int]) -> None:
    info, pixels = shades(512, 300)
    fields, chunk = fitted(info.header(), pixels.data.cast("B"), piece, packs=True)
    small = PictureInfo.from_header(fields["picture"])
    assert (list(small.shape), small.rows) == (shape, "bottom-up")
    assert len(chunk) < small.size / 2
    seen = np.frombuffer(chunk_bytes(fields, chunk), np.uint8).reshape(small.shape)
    step = 512 // shape[0]
    there = np.abs(seen.astype(int) - pixels[step // 2 :: step, step // 2 :: step][: shape[0], : shape[1]])
    assert there.max() <= 255 * step // 300 + 1


def test_who_can_not_unpack_gets_them_small() -> None:
    info, pixels = shades(512, 512)
    fields, chunk = fitted(info.header(), pixels.data.cast("B"), 1 << 14, packs=False)
    assert set(fields) == {"picture"} and len(chunk) == PictureInfo.from_header(fields["picture"]).size < info.size
