"""Pictures in files: read in the form they are kept in, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ...shared.picture import Picture, PictureError, PictureInfo
from . import imageio
from .convert import convert
from .errors import PathError, ReadError, WriteError
from .formats import Format, format_of


def read_picture(path: Path, name: str = "") -> Picture:
    """The picture in a file, top row first. name: what messages call the file, where its own is nobody's concern.

    8-bit, 16-bit and display files are "sRGB"; float TIFF and EXR are "Linear Rec.709". A `.npy` file holds
    H×W or H×W×C display-encoded values: float32 or float64 (0..1), uint8 or uint16. Raises `PathError` and `ReadError`.
    """
    known, name = _picture_format(path), name or path.name
    try:
        return _read_npy(path, name) if known.name == "NumPy" else imageio.read(path, name)
    except OSError as error:
        raise ReadError(f"{name} can't be opened: {error.strerror}", "Check that you may read it.") from error
    except PictureError as error:
        raise ReadError(f"{name} holds no picture that can be dreamed: {error}", "Give another file.") from error


def write_picture(
    path: Path, picture: Picture, *, like: Path | None = None, record: dict[str, Any] | None = None
) -> None:
    """Write ``picture`` in the format of the path's suffix, converted where the format can't hold its form.

    like: the picture file it was made from, whose colour profile and pixel density are kept; from EXR to EXR, its
        header and its other passes.
    record: the settings that made the picture, for `read_record`; `.npy` has no place for them.
    The file appears whole or not at all. Raises `PathError` and `WriteError`.
    """
    known = check_target(path)
    picture = convert(picture, known.form(picture.info))
    part = path.with_name(path.name + ".part")
    try:
        if known.name == "NumPy":
            with part.open("wb") as file:
                np.save(file, picture.pixels)
        else:
            imageio.write(part, known.name.lower(), picture, like=like, record=record)
        part.replace(path)
    except OSError as error:
        raise WriteError(f"{path} can't be written: {error.strerror}", "Choose another place.") from error
    finally:
        part.unlink(missing_ok=True)


def check_target(path: Path) -> Format:
    """The format to write at ``path``. Raises `PathError` when it is clear that no picture can go there."""
    if path.is_dir():
        raise PathError(f"{path} is a folder", "Give the path of a file.")
    known = format_of(path)
    if not path.parent.is_dir():
        raise PathError(f"The folder {path.parent} does not exist", "Create it, or choose another one.")
    return known


def read_record(path: Path) -> dict[str, Any]:
    """The settings that made the picture in a file. Raises `PathError`, and `ReadError` when it holds none."""
    text = None if _picture_format(path).name == "NumPy" else imageio.read_record(path)
    try:
        record = json.loads(text or "")
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise ReadError(
            f"{path.name} does not tell the settings that made it",
            "Give a PNG, JPEG, TIFF or EXR file that `reverie dream` has written.",
        )
    return record


def _picture_format(path: Path) -> Format:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise PathError(f"{path} {what}", "Give the path of a picture.")
    return format_of(path)


def _read_npy(path: Path, name: str) -> Picture:
    try:
        with path.open("rb") as file:
            pixels = np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, SyntaxError) as error:
        raise ReadError(f"{name} is not a NumPy array of numbers", "Write it with numpy.save.") from error
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.dtype not in (np.float64, np.float32, np.uint8, np.uint16):
        raise ReadError(
            f"{name} holds {pixels.dtype} of shape {pixels.shape}",
            "Give height × width × channels of float32, float64, uint8 or uint16.",
        )
    dtype = {1: "u8", 2: "u16"}.get(pixels.dtype.itemsize, "f32")
    alpha = "straight" if pixels.shape[2] in (2, 4) else "none"
    header = {"shape": pixels.shape, "dtype": dtype, "colorspace": "sRGB", "alpha": alpha}
    info = PictureInfo.from_header(header)
    return Picture(info, np.ascontiguousarray(pixels, info.numpy_dtype))
