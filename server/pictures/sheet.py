"""The contact sheet: a row of pictures of each class, with its name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from .classes import MotifClass
from .files import Folder, load, save

# Pictures of each class, classes side by side, the height of a name in pixels.
_EACH, _ABREAST, _NAME = 6, 3, 18


def write_sheet(folder: Folder, classes: Sequence[MotifClass]) -> None:
    """Write the contact sheet of these classes' first training pictures, halved."""
    rows = [_row(folder, motif) for motif in classes]
    rows += [np.zeros_like(rows[0])] * (-len(rows) % _ABREAST)
    height = len(rows) // _ABREAST
    columns = [np.concatenate(rows[k * height : (k + 1) * height]) for k in range(_ABREAST)]
    save(folder.sheet, np.concatenate(columns, 1))


def _row(folder: Folder, motif: MotifClass) -> np.ndarray:
    paths = [folder.picture(motif, number, False) for number in range(_EACH)]
    tiles = [_halved(load(path)) for path in paths if path.exists()]
    tiles += [np.zeros_like(tiles[0])] * (_EACH - len(tiles))
    strip = np.concatenate(tiles, 1)
    label = np.zeros((_NAME, *strip.shape[1:]), np.float32)
    buffer = oiio.ImageBuf(label)
    oiio.ImageBufAlgo.render_text(buffer, 4, _NAME - 5, motif.name, 13, "", (1, 1, 1))
    return np.concatenate([np.asarray(buffer.get_pixels(oiio.FLOAT)).reshape(label.shape), strip])


def _halved(picture: np.ndarray) -> np.ndarray:
    side = len(picture) // 2 * 2
    picture = picture[:side, :side, :3]
    return (picture[::2, ::2] + picture[1::2, ::2] + picture[::2, 1::2] + picture[1::2, 1::2]) / 4
