"""The contact sheet: some pictures of each class, with its name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..media.contact_sheet import Row, contact_sheet
from ..media.files import read_picture, write_picture
from .classes import MotifClass
from .files import Folder

# Pictures of each class; classes side by side.
_EACH, _ABREAST = 6, 3


def write_sheet(folder: Folder, classes: Sequence[MotifClass]) -> None:
    """Write the contact sheet of these classes' first training pictures, halved."""
    rows = [Row(motif.name, _halved_pictures(folder, motif)) for motif in classes]
    side = max(max(picture.shape[:2]) for row in rows for picture in row.pictures)
    write_picture(folder.sheet, contact_sheet(rows, side, _ABREAST))


def _halved_pictures(folder: Folder, motif: MotifClass) -> list[np.ndarray]:
    paths = [folder.picture(motif, number, False) for number in range(_EACH)]
    return [_halved(read_picture(path).pixels) for path in paths if path.exists()]


def _halved(picture: np.ndarray) -> np.ndarray:
    side = len(picture) // 2 * 2
    quarters = picture[:side, :side, :3].reshape(side // 2, 2, side // 2, 2, 3)
    return quarters.mean((1, 3)).round().astype(np.uint8)
