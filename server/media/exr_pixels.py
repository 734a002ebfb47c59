"""The pixels of one part of an EXR file, through OpenImageIO, and a part painted anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813

from .errors import ReadError, WriteError
from .exr import Attribute, Part, assemble, parse
from .scratch import scratch_file

# The compressions that give back what they got.
LOSSLESS = ("none", "rle", "zip", "zips", "piz")
_TYPES = {"f16": oiio.HALF, "f32": oiio.FLOAT}


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
    with scratch_file(".exr", assemble([part])) as path:
        source = _open(str(path), file_name)
        spec = source.spec()
        names = tuple(spec.channelnames)
        values = _read(source, 0, len(names), oiio.FLOAT, file_name)
        whole = [name for name, form in part.channels.items() if form == "u32"]
        integers = {
            name: _read(source, names.index(name), names.index(name) + 1, oiio.UINT32, file_name)[..., 0]
            for name in whole
        }
        source.close()
    return Pixels(names, values, integers)


def can_be_painted(part: Part) -> bool:
    """Whether `painted` can give a part back whole: not deep samples, smaller copies of tiles, or whole numbers."""
    tiles = part.attribute("tiles")
    plain = tiles is None or tiles.data[8] & 0x0F == 0
    return plain and not part.deep and "u32" not in part.channels.values()


def painted(
    part: Part, pixels: Pixels, changes: Mapping[str, tuple[np.ndarray, str]], without: tuple[str, ...] = ()
) -> Part:
    """The part with other channels: HxW values and their form, "f16" or "f32", by name; its header as it was.

    Channels come in the place of those of the same name or are added, ``without`` names those that go. Where the part
    was compressed with loss it is compressed without, so that what stays, stays as it is.
    """
    kept = [name for name in pixels.names if name not in changes and name not in without]
    forms = {**{name: part.channels[name] for name in kept}, **{name: form for name, (_, form) in changes.items()}}
    values = np.concatenate(
        [
            pixels.values[..., [pixels.names.index(name) for name in kept]],
            *(np.asarray(values, np.float32)[..., None] for values, _ in changes.values()),
        ],
        axis=2,
    )
    with scratch_file(".exr", assemble([part])) as path:
        source = _open(str(path), "A layer")
        spec = oiio.ImageSpec(source.spec())
        source.close()
    if spec.get_string_attribute("compression") not in LOSSLESS:
        spec.attribute("compression", "zip")
    fresh = _encoded(spec, forms, values)
    entries = {**fresh.channel_entries, **{name: part.channel_entries[name] for name in kept}}
    channels = b"".join(entries[name] for name in fresh.channels) + b"\0"
    header = part.having(Attribute("channels", "chlist", channels), _entry(fresh, "compression")).header
    return replace(fresh, header=header)


def new_part(like: Part, channels: Mapping[str, tuple[np.ndarray, str]]) -> Part:
    """A part of these channels, as `painted` takes them, in the windows of ``like``."""
    window, shown = like.data_window, like.display_window
    spec = oiio.ImageSpec(window.right - window.left, window.bottom - window.top, len(channels), oiio.FLOAT)
    spec.x, spec.y = window.left, window.top
    spec.full_x, spec.full_y = shown.left, shown.top
    spec.full_width, spec.full_height = shown.right - shown.left, shown.bottom - shown.top
    spec.attribute("compression", "zip")
    values = np.stack([np.asarray(values, np.float32) for values, _ in channels.values()], axis=2)
    fresh = _encoded(spec, {name: form for name, (_, form) in channels.items()}, values)
    # The first four must be the same in all parts of a file.
    shared = ("displayWindow", "pixelAspectRatio", "timeCode", "chromaticities", "colorInteropID", "xDensity")
    own = ("channels", "compression", "dataWindow", "lineOrder", "screenWindowCenter", "screenWindowWidth")
    header = [attribute for attribute in like.header if attribute.name in shared]
    return replace(fresh, header=(*(attribute for attribute in fresh.header if attribute.name in own), *header))


def _encoded(spec: Any, forms: Mapping[str, str], values: np.ndarray) -> Part:
    spec.nchannels = len(forms)
    spec.channelnames = tuple(forms)
    spec.channelformats = tuple(_TYPES[form] for form in forms.values())
    spec.set_format(oiio.FLOAT if "f32" in forms.values() else oiio.HALF)
    spec.erase_attribute("oiio:subimages")
    with scratch_file(".exr") as path:
        output = oiio.ImageOutput.create("openexr")
        assert output is not None
        whole = output.open(str(path), spec) and output.write_image(np.ascontiguousarray(values)) and output.close()
        if not whole:
            raise WriteError(f"A layer can't be written: {_last_line(output.geterror())}", "Free space or memory.")
        return parse(path.read_bytes(), "A layer")[0]


def _open(path: str, file_name: str) -> Any:
    source = oiio.ImageInput.open(path)
    if source is None:
        raise ReadError(f"{file_name} can't be read: {_last_line(oiio.geterror())}", "Save or copy it again.")
    return source


def _read(source: Any, first: int, end: int, kind: Any, file_name: str) -> np.ndarray:
    values = source.read_image(0, 0, first, end, kind)
    problem = source.geterror()
    if values is None or problem:
        raise ReadError(f"{file_name} is damaged: {_last_line(problem)}", "Save or copy it again.")
    return values


def _last_line(problem: str) -> str:
    return problem.strip().rpartition("\n")[2] or "the reason is unknown"


def _entry(part: Part, name: str) -> Attribute:
    attribute = part.attribute(name)
    assert attribute is not None
    return attribute
