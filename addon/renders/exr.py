"""One pass of a render, read from the file Blender keeps all passes in.

Blender hands out the passes of a render by no other way than a multilayer EXR file, and it brings no Python module that
reads one. What is read here is what Blender writes when told not to compress: rows of floats, in one part (Blender 4)
or one a pass (Blender 5). The layout is that of “OpenEXR File Layout” in OpenEXR's documentation.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_MAGIC, _MULTI_PART = 20000630, 1 << 12
# The numpy type of each of EXR's pixel types, by number.
_TYPES = ("<u4", "<f2", "<f4")
_CHANNELS = ("R", "G", "B", "A")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the file. channels: name and numpy type of each, in the order in which they lie in a row.

    box: first and last column and row, xmin, ymin, xmax, ymax.
    """

    channels: tuple[tuple[str, str], ...]
    box: tuple[int, int, int, int]
    is_compressed: bool

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0] + 1

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1] + 1


def read_pass(path: Path, layer: str, name: str = "Combined") -> np.ndarray | None:
    """The colours of one pass of a view layer: (height, width, 4) float32, top row first; None where it is not there.

    Raises `ValueError` for a file of another kind than described above.
    """
    data = np.memmap(path, np.uint8, "r")
    magic, version = struct.unpack_from("<iI", data)
    if magic != _MAGIC:
        raise ValueError("no EXR file")
    is_multi_part = bool(version & _MULTI_PART)
    parts, at = _parts(data, 8, is_multi_part)
    wanted = {f"{layer}.{name}.{channel}": index for index, channel in enumerate(_CHANNELS)}
    for part in parts:
        if wanted.keys() & dict(part.channels).keys():
            return _read(data, at, part, wanted, 12 if is_multi_part else 8)
        at += 8 * part.height
    return None


def _parts(data: np.ndarray, at: int, is_multi_part: bool) -> tuple[list[_Part], int]:
    """Every part's header, and where the tables of the rows' places begin."""
    parts = []
    while True:
        values = {}
        while data[at]:
            (name, _), at = _texts(data, at, 2)
            (size,) = struct.unpack_from("<i", data, at)
            values[name] = data[at + 4 : at + 4 + size]
            at += 4 + size
            if name == "type" and values[name].tobytes() != b"scanlineimage":
                raise ValueError("a part that does not lie in rows")
        at += 1
        box = struct.unpack("<4i", values["dataWindow"])
        parts.append(_Part(tuple(_channels(values["channels"])), box, bool(values["compression"][0])))
        if not is_multi_part:
            return parts, at
        if not data[at]:
            return parts, at + 1


def _channels(data: np.ndarray) -> Iterator[tuple[str, str]]:
    at = 0
    while data[at]:
        (name,), at = _texts(data, at, 1)
        yield name, _TYPES[struct.unpack_from("<i", data, at)[0]]
        at += 16


def _texts(data: np.ndarray, at: int, count: int) -> tuple[list[str], int]:
    """``count`` texts, each ended by a zero byte, and the place after them."""
    found = []
    for _ in range(count):
        end = at
        while data[end]:
            end += 1
        found.append(data[at:end].tobytes().decode())
        at = end + 1
    return found, at


def _read(data: np.ndarray, table: int, part: _Part, wanted: dict[str, int], head: int) -> np.ndarray:
    """The ``wanted`` channels of a part, whose rows lie where the table says; ``head`` bytes come before each."""
    if part.is_compressed:
        raise ValueError("a compressed file")
    places = data[table : table + 8 * part.height].view("<u8")
    pixels = np.zeros((part.height, part.width, 4), np.float32)
    pixels[..., 3] = 1.0
    offset = head
    for name, kind in part.channels:
        size = part.width * np.dtype(kind).itemsize
        if name in wanted:
            for row, place in enumerate(places):
                pixels[row, :, wanted[name]] = data[int(place) + offset : int(place) + offset + size].view(kind)
        offset += size
    return pixels
