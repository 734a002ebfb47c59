"""Contact sheets: rows of small pictures, each with its title under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from ...shared.picture import Picture, PictureInfo

_PAPER, _INK = 26, (0.9, 0.9, 0.88)
# Shares of a picture's side: the gap around pictures, the line of text under them, and its letters.
_GAP, _LINE, _LETTERS = 1 / 32, 1 / 6, 1 / 11
# However small the pictures, a title can be read, and pictures don't touch.
_SMALLEST_GAP, _SMALLEST_LINE, _SMALLEST_LETTERS = 4, 16, 11


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Pictures that stand side by side, h×w×3 u8, and what stands under them."""

    title: str
    pictures: list[np.ndarray]


def contact_sheet(rows: Sequence[Row], side: int, columns: int = 0) -> Picture:
    """All rows on one 8-bit sRGB picture, from left to right and then down.

    side: pixels of the pictures' longer side. columns: how many rows stand abreast; 0: so many that the sheet is about
    as wide as high.
    """
    gap, line = max(_SMALLEST_GAP, round(side * _GAP)), max(_SMALLEST_LINE, round(side * _LINE))
    across, down = max(len(row.pictures) for row in rows) * (side + gap // 2) + 2 * gap, side + line + gap
    columns = min(columns or max(1, round((len(rows) * down / across) ** 0.5)), len(rows))
    height, width = -(-len(rows) // columns) * down + gap, columns * across
    sheet = oiio.ImageBuf(np.full((height, width, 3), _PAPER, np.uint8))
    for number, row in enumerate(rows):
        top, left = number // columns * down + gap, number % columns * across + gap
        for place, picture in enumerate(row.pictures):
            # Neighbouring pictures of one row stand closer than rows do, so that they read as one.
            _paste(sheet, picture, left + place * (side + gap // 2), top)
        letters = max(_SMALLEST_LETTERS, round(side * _LETTERS))
        oiio.ImageBufAlgo.render_text(sheet, left, top + side + round(line * 0.75), row.title, letters, "", _INK)
    pixels = sheet.get_pixels(oiio.UINT8)
    assert pixels is not None
    return Picture(PictureInfo(pixels.shape, "u8"), np.ascontiguousarray(pixels))


def _paste(sheet: oiio.ImageBuf, picture: np.ndarray, left: int, top: int) -> None:
    oiio.ImageBufAlgo.paste(sheet, left, top, 0, 0, oiio.ImageBuf(np.ascontiguousarray(picture)))
