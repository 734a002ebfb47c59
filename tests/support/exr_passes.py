"""EXR files without Reverie: as OpenImageIO tells them, and as the format's description says to write them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813

_TYPES = {"half": oiio.HALF, "float": oiio.FLOAT, "uint": oiio.UINT32}
_NUMBERS = {"<u4": 0, "<f2": 1, "<f4": 2}


def channels_of(path: Path) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Every channel: how its numbers are stored, its data and its display window, and its values."""
    found = {}
    for source in _parts(path):
        spec = source.spec()
        windows = (spec.x, spec.y, spec.width, spec.height, spec.full_x, spec.full_y, spec.full_width, spec.full_height)
        for at, name in enumerate(spec.channelnames):
            form = str(spec.channelformat(at))
            values = source.read_image(source.current_subimage(), 0, at, at + 1, _TYPES[form])
            assert values is not None, source.geterror()
            # Parts may tell by their own names whose R, G and B these are.
            whole = f"{spec.get_string_attribute('oiio:subimagename')}.{name}" if name in found else name
            assert whole not in found
            found[whole] = (form, windows, values.tobytes())
    return found


def headers_of(path: Path) -> list[dict[str, tuple[str, Any]]]:
    """The entries of each part's header, type and value by name, but for what OpenImageIO counts itself."""
    own = ("oiio:subimages", "openexr:chunkCount")
    return [
        {entry.name: (str(entry.type), entry.value) for entry in source.spec().extra_attribs if entry.name not in own}
        for source in _parts(path)
    ]


def store(path: Path, channels: Mapping[str, np.ndarray], *, tile: int = 0, **attributes: Any) -> Path:
    """Write one part of half floats and floats, as another program would. attributes: values, or type and value."""
    height, width = next(iter(channels.values())).shape
    spec = oiio.ImageSpec(width, height, len(channels), oiio.FLOAT)
    spec.channelnames = tuple(channels)
    spec.channelformats = tuple(oiio.HALF if each.dtype == np.float16 else oiio.FLOAT for each in channels.values())
    spec.tile_width = spec.tile_height = tile
    for name, value in attributes.items():
        spec.attribute(name, *value) if isinstance(value, tuple) else spec.attribute(name, value)
    output = oiio.ImageOutput.create("openexr")
    assert output is not None
    pixels = np.stack([each.astype("f4") for each in channels.values()], axis=2)
    assert output.open(str(path), spec) and output.write_image(pixels) and output.close(), output.geterror()
    return path


def raw(
    channels: Mapping[str, np.ndarray],
    display: tuple[int, int, int, int],
    left: int = 0,
    top: int = 0,
    entries: Mapping[str, tuple[str, bytes]] | None = None,
) -> bytes:
    """The bytes of an EXR of one part, uncompressed; numbers may be uint32.

    display: left, top, right and bottom, both within, of the display window. left, top: of the data window.
    """
    ordered = sorted(channels.items(), key=lambda item: item[0].encode())
    height, width = ordered[0][1].shape
    listed = b"".join(
        name.encode() + b"\0" + struct.pack("<4i", _NUMBERS[each.dtype.str], 0, 1, 1) for name, each in ordered
    )
    header = {
        "channels": ("chlist", listed + b"\0"),
        "compression": ("compression", b"\0"),
        "dataWindow": ("box2i", struct.pack("<4i", left, top, left + width - 1, top + height - 1)),
        "displayWindow": ("box2i", struct.pack("<4i", *display)),
        "lineOrder": ("lineOrder", b"\0"),
        "pixelAspectRatio": ("float", struct.pack("<f", 1)),
        "screenWindowCenter": ("v2f", bytes(8)),
        "screenWindowWidth": ("float", struct.pack("<f", 1)),
        **(entries or {}),
    }
    head = b"\x76\x2f\x31\x01" + struct.pack("<I", 2 | 0x400)
    for name, (kind, data) in sorted(header.items()):
        head += name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<I", len(data)) + data
    head += b"\0"
    lines = [b"".join(each[row].tobytes() for _, each in ordered) for row in range(height)]
    first = len(head) + 8 * height
    offsets = [first + row * (8 + len(lines[0])) for row in range(height)]
    blocks = (struct.pack("<iI", top + row, len(line)) + line for row, line in enumerate(lines))
    return head + struct.pack(f"<{height}Q", *offsets) + b"".join(blocks)


def _parts(path: Path) -> Iterator[Any]:
    source = oiio.ImageInput.open(str(path))
    assert source is not None, oiio.geterror()
    number = 0
    while source.seek_subimage(number, 0):
        yield source
        number += 1
