"""The contact sheet: thumbnails in rows, each with its number."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from ...shared.picture import Picture, PictureInfo

_GAP = 4
_LETTERING = 13
_GROUND, _INK = 0.09, 0.85


def contact_sheet(thumbnails: Mapping[int, np.ndarray], columns: int = 0) -> Picture:
    """Thumbnails (side x side x 3 uint8) by number as one 8-bit sRGB picture, in the order given.

    columns: how many stand in a row; 0: so many that the sheet is about as wide as high.
    """
    side = next(iter(thumbnails.values())).shape[0]
    columns = min(columns or math.ceil(math.sqrt(len(thumbnails))), len(thumbnails))
    rows = math.ceil(len(thumbnails) / columns)
    across, down = side + _GAP, side + _GAP + _LETTERING + 4
    sheet = np.full((rows * down + _GAP, columns * across + _GAP, 3), _GROUND, np.float32)
    buffer = oiio.ImageBuf(sheet)
    places = {number: divmod(index, columns) for index, number in enumerate(thumbnails)}
    for number, (row, column) in places.items():
        left, bottom = _GAP + column * across, (row + 1) * down - _GAP
        oiio.ImageBufAlgo.render_text(buffer, left, bottom, str(number), _LETTERING, "", (_INK,) * 3)
    drawn = np.asarray(buffer.get_pixels(oiio.FLOAT)).reshape(sheet.shape)
    pixels = np.round(drawn.clip(0, 1) * 255).astype(np.uint8)
    for number, (row, column) in places.items():
        top, left = _GAP + row * down, _GAP + column * across
        pixels[top : top + side, left : left + side] = thumbnails[number]
    return Picture(PictureInfo(pixels.shape, "u8", "sRGB", "none"), pixels)
