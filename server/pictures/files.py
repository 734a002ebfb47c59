"""Where the pictures lie, and how they are read and written: whole or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...shared.picture import Picture, PictureInfo
from ..media.files import read_picture, write_picture
from .classes import MotifClass
from .errors import PicturesError, RequestError
from .raster import Array

RECORD = "pictures.json"
# One cut-out of so many is seen in held-out pictures only, and one more picture for so many is held out.
HELD_OUT = 6


@dataclass(frozen=True, slots=True)
class Recipe:
    """What must be the same for pictures to belong together.

    seed: of all randomness. size: side of the pictures, pixels. renders: cut-outs of each class that is not a pattern.
    """

    seed: int = 0
    size: int = 128
    renders: int = 36


@dataclass(frozen=True, slots=True)
class Folder:
    """A training set's folder: ``train/<class>/``, ``held-out/<class>/``, and ``cut-outs/<class>/`` to make them of."""

    root: Path

    def prepare(self, recipe: Recipe) -> None:
        """Make the folder for this recipe, or go on with one that was made for it.

        Raises `RequestError` where it was made for another, `PicturesError` where it can't be written.
        """
        record = self.root / RECORD
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if record.exists():
                known = json.loads(record.read_text(encoding="utf-8"))
                if known != asdict(recipe):
                    raise RequestError(
                        f"{self.root} holds pictures made with other settings: {_spoken(known)}.",
                        "Give the same settings to go on with them, or another folder.",
                    )
            record.write_text(json.dumps(asdict(recipe), indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise unwritable(self.root, error) from error
        except json.JSONDecodeError as error:
            raise RequestError(f"{record} is damaged.", "Delete it, or give another folder.") from error

    def picture(self, motif: MotifClass, number: int, held_out: bool) -> Path:
        """The file of a class's picture of that number."""
        return self.root / ("held-out" if held_out else "train") / motif.name / f"{number:05}.jpg"

    def cutout(self, motif: MotifClass, number: int) -> Path:
        """The file of a class's cut-out of that number."""
        return self.root / "cut-outs" / motif.name / f"{number:04}.png"

    @property
    def sheet(self) -> Path:
        """The file of the contact sheet."""
        return self.root / "contact-sheet.jpg"


def save(path: Path, pixels: Array) -> None:
    """Write H×W×3 or H×W×4, display-encoded 0..1, alpha straight. Raises `PicturesError` and `MediaError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path.parent, error) from error
    assert np.isfinite(pixels).all(), path
    values = np.ascontiguousarray(np.rint(np.clip(pixels, 0, 1) * 255), np.uint8)
    alpha = "straight" if values.shape[2] == 4 else "none"
    header = {"shape": values.shape, "dtype": "u8", "colorspace": "sRGB", "alpha": alpha}
    write_picture(path, Picture(PictureInfo.from_header(header), values))


def load(path: Path) -> Array:
    """The pixels of an 8-bit file, H×W×C float32 0..1. Raises `MediaError`."""
    return read_picture(path).pixels.astype(np.float32) / 255


def unwritable(place: Path, error: OSError) -> PicturesError:
    """The error that says that a place can't be written, and why."""
    return PicturesError(
        f"{place} can't be written: {error.strerror}.", "Make room or choose another folder; what is made is kept."
    )


def _spoken(recipe: dict) -> str:
    return ", ".join(f"--{name} {value}" for name, value in recipe.items())
