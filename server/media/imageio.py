"""PNG, JPEG, TIFF and EXR through OpenImageIO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from ...shared.picture import Picture, PictureInfo
from .errors import ReadError, WriteError
from .layers import LayeredFile

_TYPES = {"u8": oiio.UINT8, "u16": oiio.UINT16, "f16": oiio.HALF, "f32": oiio.FLOAT}
_DTYPES = {"uint8": "u8", "uint16": "u16", "half": "f16"}
_CHANNELS = {1: ("Y",), 2: ("Y", "A"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}
# What a file of any format passes on to the result.
_KEPT = ("ICCProfile", "XResolution", "YResolution", "ResolutionUnit", "PixelAspectRatio", "chromaticities")
# The compressions of EXR that give back what they got.
_LOSSLESS = ("none", "rle", "zip", "zips", "piz")
# What stands where a file must tell a time, and none is meant.
_NO_DATE = "1970:01:01 00:00:00"
# In PNG and EXR the settings have a text of their own; TIFF and JPEG have only the description.
_RECORD = {"png": "reverie", "openexr": "reverie", "tiff": "ImageDescription", "jpeg": "ImageDescription"}


def read(path: Path, name: str) -> Picture:
    """Read the colours and the alpha of a file's first picture, of an EXR of many parts those of its render.

    name: of the file, in messages. Raises `ReadError`.
    """
    file = _open(path, name)
    part = LayeredFile(path.read_bytes(), name).picture.part if _has_parts(file) else 0
    file.seek_subimage(part, 0)
    spec = file.spec()
    names = list(spec.channelnames)
    found = _colours(names)
    if found is None:
        raise ReadError(
            f"{name} has {len(names)} channels, and none of them are R, G and B",
            f"Give a picture with colours. Its channels: {', '.join(names[:12])}.",
        )
    first, count = found
    dtype = _DTYPES.get(str(spec.channelformat(first)), "f32")
    header = {
        "shape": (spec.height, spec.width, count),
        "dtype": dtype,
        "colorspace": "Linear Rec.709" if dtype.startswith("f") else "sRGB",
        "alpha": _alpha(spec, names[first : first + count]),
    }
    PictureInfo.from_header(header)
    pixels = file.read_image(part, 0, first, first + count, _TYPES[dtype])
    problem = file.geterror()
    file.close()
    if pixels is None or problem:
        raise ReadError(f"{name} is damaged: {_last_line(problem)}", "Save or copy it again.")
    pixels = _upright(pixels.reshape(spec.height, spec.width, count), spec.get_int_attribute("Orientation", 1))
    return Picture(PictureInfo.from_header({**header, "shape": pixels.shape}), np.ascontiguousarray(pixels))


def write(path: Path, format_name: str, picture: Picture, *, like: Path | None, record: dict[str, Any] | None) -> None:
    """Write a picture whose form the format can hold. Raises `WriteError`."""
    spec, pixels = _spec(format_name, picture.info), picture.pixels
    source = oiio.ImageInput.open(str(like)) if like else None
    if source is not None and like is not None:
        both_exr = format_name == source.format_name() == "openexr"
        if both_exr and _has_parts(source):
            layers = LayeredFile(like.read_bytes(), like.name)
            if picture.info.shape == layers.shape:
                text = "" if record is None else json.dumps(record)
                path.write_bytes(layers.with_picture(picture.pixels.astype(np.float32), text))
                return
        if both_exr and _is_from(picture, source):
            spec, pixels = _among_passes(picture, source)
        else:
            _keep(spec, source.spec())
    if record is not None:
        spec.attribute(_RECORD[format_name], json.dumps(record))
    if not spec.get_string_attribute("DateTime"):
        # Else OpenImageIO writes the time of day into EXR and TIFF, and no two files of one picture would be equal.
        spec.attribute("DateTime", _NO_DATE)
    output = oiio.ImageOutput.create(format_name)
    assert output is not None
    if not (output.open(str(path), spec) and output.write_image(pixels) and output.close()):
        raise WriteError(f"{path.stem} can't be written: {_last_line(output.geterror())}", "Choose another place.")


def read_record(path: Path) -> str | None:
    """The text that `write` stored as the record, or any other that stands in its place; of an EXR in any part."""
    file, part = _open(path, path.name), 0
    while file.seek_subimage(part, 0):
        text = file.spec().get_string_attribute(_RECORD.get(file.format_name(), ""), "")
        if text:
            return text
        part += 1
    return None


def _open(path: Path, name: str) -> Any:
    # Colours come as they are stored: dividing or multiplying them would cost bits.
    as_stored = oiio.ImageSpec()
    as_stored.attribute("oiio:UnassociatedAlpha", 1)
    file = oiio.ImageInput.open(str(path), as_stored)
    if file is None:
        problem = _last_line(oiio.geterror())
        raise ReadError(f"{name} can't be read as a picture: {problem}", "Give a PNG, JPEG, TIFF or EXR file.")
    return file


def _has_parts(file: Any) -> bool:
    """Whether an EXR has several parts; ``file`` stands at its first then."""
    several = file.format_name() == "openexr" and file.seek_subimage(1, 0)
    file.seek_subimage(0, 0)
    return several


def _last_line(problem: str) -> str:
    return problem.strip().rpartition("\n")[2] or "the reason is unknown"


def _colours(names: list[str]) -> tuple[int, int] | None:
    """The first and the number of the channels to dream on: R, G, B (and A), bare or of the first layer that has
    them, or else all of them when they can be grey or colour.
    """
    for red, name in enumerate(names):
        layer, dot, last = name.rpartition(".")
        rest = [f"{layer}{dot}{letter}" for letter in ("GBA" if last.isupper() else "gba")]
        if last in ("R", "r") and names[red + 1 : red + 3] == rest[:2]:
            return red, 4 if names[red + 3 : red + 4] == rest[2:] else 3
    return (0, len(names)) if len(names) <= 4 else None


def _alpha(spec: Any, names: list[str]) -> str:
    if len(names) not in (2, 4) or names[-1].rpartition(".")[2].lower() not in ("a", "alpha"):
        return "none"
    return "straight" if spec.get_int_attribute("oiio:UnassociatedAlpha", 0) else "premultiplied"


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn the picture as EXIF's Orientation says: 1 to 8, of which 5 to 8 lie on their side."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _spec(format_name: str, info: PictureInfo) -> Any:
    height, width, channels = info.shape
    spec = oiio.ImageSpec(width, height, channels, _TYPES[info.dtype])
    spec.channelnames = _CHANNELS[channels]
    spec.alpha_channel = channels - 1 if info.alpha != "none" else -1
    if info.alpha == "straight":
        spec.attribute("oiio:UnassociatedAlpha", 1)
    if format_name == "jpeg":
        spec.attribute("Compression", "jpeg:95")
        spec.attribute("jpeg:subsampling", "4:4:4")
    return spec


def _keep(spec: Any, source: Any) -> None:
    for attribute in source.extra_attribs:
        if attribute.name in _KEPT:
            spec.attribute(attribute.name, attribute.type, attribute.value)


def _is_from(picture: Picture, source: Any) -> bool:
    """Whether ``picture`` can take the place of what `read` returns of ``source``."""
    spec = source.spec()
    found = _colours(list(spec.channelnames))
    return found is not None and picture.info.shape == (spec.height, spec.width, found[1])


def _among_passes(picture: Picture, source: Any) -> tuple[Any, np.ndarray]:
    """All passes of an EXR file and its header, with ``picture`` in place of what `read` returns of it.

    float32 holds every half float exactly; each pass is written in the numbers it came in.
    """
    spec = oiio.ImageSpec(source.spec())
    spec.erase_attribute("oiio:subimages")
    if spec.get_string_attribute("compression") not in _LOSSLESS:
        spec.attribute("compression", "zip")
    first, count = _colours(list(spec.channelnames)) or (0, spec.nchannels)
    pixels = source.read_image(0, 0, 0, spec.nchannels, oiio.FLOAT)
    pixels[..., first : first + count] = picture.pixels
    return spec, pixels
