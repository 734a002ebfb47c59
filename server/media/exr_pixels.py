"""The pixels of one part of an EXR file, through OpenImageIO, and a part painted anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from .errors import ReadError, WriteError
from .exr import Attribute, Part, assemble, channel_entry, channel_list, parse
from .scratch import scratch_file

# The compressions that give back what they got.
LOSSLESS = ("none", "rle", "zip", "zips", "piz")
_TYPES = {"f16": oiio.HALF, "f32": oiio.FLOAT}


# What says how pixels lie, besides the channels' names, by which DWA chooses how to compress them.
_LAYOUT = (
    "channels",
    "compression",
    "dataWindow",
    "displayWindow",
    "lineOrder",
    "pixelAspectRatio",
    "screenWindowCenter",
    "screenWindowWidth",
    "tiles",
)

# A channel's values, HxW, and the form to store them in: "f16" or "f32".
Channel = tuple[np.ndarray, str]


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """All channels of a part. names: in the order of ``values``, HxWxC float32, which holds half floats exactly.

    integers: those whose numbers are whole, HxW uint32; in ``values`` they mean nothing.
    """

    names: tuple[str, ...]
    values: np.ndarray
    integers: Mapping[str, np.ndarray]

    def channel(self, name: str) -> np.ndarray:
        """HxW: float32, or uint32."""
        return self.integers[name] if name in self.integers else self.values[..., self.names.index(name)]


def read_pixels(part: Part, file_name: str) -> Pixels:
    """Decode a part. Raises `ReadError`."""
    with _opened(part, file_name) as source:
        names = tuple(source.spec().channelnames)
        values = _read(source, 0, len(names), oiio.FLOAT, file_name)
        integers = {
            name: _read(source, at, at + 1, oiio.UINT32, file_name)[..., 0]
            for at, name in enumerate(names)
            if part.channels[name] == "u32"
        }
    return Pixels(names, values, integers)


def can_be_painted(part: Part) -> bool:
    """Whether `painted` can give a part back whole: not deep samples, smaller copies of tiles, or whole numbers."""
    tiles = part.attribute("tiles")
    plain = tiles is None or tiles.data[8] & 0x0F == 0
    return plain and not part.deep and "u32" not in part.channels.values()


def painted(part: Part, pixels: Pixels, changes: Mapping[str, Channel], without: tuple[str, ...] = ()) -> Part:
    """The part with other channels, its header as it was.

    ``changes`` come in the place of channels of the same name or are added, those ``without`` are left out. Where the
    part was compressed with loss it is compressed without, so that what stays, stays as it is.
    """
    kept = [name for name in pixels.names if name not in changes and name not in without]
    channels = {name: (pixels.channel(name), part.channels[name]) for name in kept} | dict(changes)
    with _opened(part, "A layer") as source:
        spec = oiio.ImageSpec(source.spec())
    if spec.get_string_attribute("compression") not in LOSSLESS:
        spec.attribute("compression", "zip")
    fresh = _encoded(spec, channels)
    entries = {name: part.channel_entries[name] for name in kept}
    entries |= {name: channel_entry(name, form) for name, (_, form) in changes.items()}
    return replace(fresh, header=part.having(channel_list(entries), _entry(fresh, "compression")).header)


def new_part(like: Part, channels: Mapping[str, Channel]) -> Part:
    """A part of these channels in the windows of ``like``."""
    window, shown = like.data_window, like.display_window
    height, width = window.shape
    spec = oiio.ImageSpec(width, height, len(channels), oiio.FLOAT)
    spec.x, spec.y = window.left, window.top
    spec.full_x, spec.full_y = shown.left, shown.top
    spec.full_height, spec.full_width = shown.shape
    spec.attribute("compression", "zip")
    fresh = _encoded(spec, channels)
    # The first three must be the same in all parts of a file.
    shared = [like.attribute(name) for name in ("pixelAspectRatio", "timeCode", "chromaticities", "colorInteropID")]
    listed = channel_list({name: channel_entry(name, form) for name, (_, form) in channels.items()})
    layout = replace(fresh, header=tuple(entry for entry in fresh.header if entry.name in _LAYOUT))
    return layout.having(listed, *(entry for entry in shared if entry))


def _encoded(spec: Any, channels: Mapping[str, Channel]) -> Part:
    """Channels laid out as ``spec`` says, but for their names."""
    forms = [form for _, form in channels.values()]
    spec.nchannels = len(forms)
    spec.channelnames = tuple(channels)
    spec.set_format(oiio.FLOAT if "f32" in forms else oiio.HALF)
    spec.channelformats = tuple(_TYPES[form] for form in forms)
    values = np.stack([np.asarray(values, np.float32) for values, _ in channels.values()], axis=2)
    with scratch_file(".exr") as path:
        output = oiio.ImageOutput.create("openexr")
        assert output is not None
        if not (output.open(str(path), spec) and output.write_image(values) and output.close()):
            raise WriteError(f"A layer can't be written: {_told(output)}", "Free space or memory.")
        return parse(path.read_bytes(), "A layer")[0]


@contextmanager
def _opened(part: Part, file_name: str) -> Iterator[Any]:
    """OpenImageIO's view of a part, told nothing that does not matter to its pixels."""
    layout = replace(part, header=tuple(entry for entry in part.header if entry.name in _LAYOUT))
    with scratch_file(".exr", assemble([layout])) as path:
        source = oiio.ImageInput.open(str(path))
        if source is None:
            raise ReadError(f"{file_name} can't be read: {_told(oiio)}", "Save or copy it again.")
        try:
            yield source
        finally:
            source.close()


def _read(source: Any, first: int, end: int, kind: Any, file_name: str) -> np.ndarray:
    values = source.read_image(0, 0, first, end, kind)
    if values is None or source.has_error:
        raise ReadError(f"{file_name} is damaged: {_told(source)}", "Save or copy it again.")
    return values


def _told(by: Any) -> str:
    """The last line of what OpenImageIO says is wrong."""
    try:
        return by.geterror().strip().rpartition("\n")[2] or "the reason is unknown"
    except UnicodeDecodeError:
        # It repeats words of the file, which may be any bytes.
        return "it holds words that are no text"


def _entry(part: Part, name: str) -> Attribute:
    attribute = part.attribute(name)
    assert attribute is not None
    return attribute
