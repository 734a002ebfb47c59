"""The container of OpenEXR files: headers, and the chunks in which pixels lie, compressed.

What is not looked into comes through as it is: unknown attributes, lossy compression, tiles, even deep pixels. The
layout is that of "OpenEXR File Layout" (openexr.com); pixels are left to OpenImageIO.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .errors import ReadError
from .window import Window

_MAGIC = b"\x76\x2f\x31\x01"
_VERSION = 2
_TILED, _LONG_NAMES, _DEEP, _MULTIPART = 0x200, 0x400, 0x800, 0x1000
# Names longer than this need a flag.
_SHORT = 31
_FORMS = ("u32", "f16", "f32")
_WINDOW = struct.Struct("<4i")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An entry of a header. kind: the name of its type. data: its bytes, as they are stored."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One of the images in a file.

    header: its attributes, in their order. chunks: the blocks of its pixels by their place in the table of offsets,
    without the number of their part. order: the places in the order in which the chunks lie in the file.
    """

    header: tuple[Attribute, ...]
    chunks: Sequence[memoryview] = field(repr=False)
    order: Sequence[int] = field(repr=False)

    def attribute(self, name: str) -> Attribute | None:
        """The entry of that name."""
        return next((attribute for attribute in self.header if attribute.name == name), None)

    def text(self, name: str) -> str:
        """The entry of that name as text; empty where there is none."""
        attribute = self.attribute(name)
        return "" if attribute is None else attribute.data.decode("utf-8", "replace")

    def having(self, *attributes: Attribute) -> Part:
        """The same with these entries, each in the place of the one it replaces, or at the end."""
        new = {attribute.name: attribute for attribute in attributes}
        kept = [new.pop(attribute.name, attribute) for attribute in self.header]
        return replace(self, header=(*kept, *new.values()))

    @property
    def name(self) -> str:
        """What the part is called; the only part of a file needs no name."""
        return self.text("name")

    @property
    def deep(self) -> bool:
        """Whether pixels have lists of samples instead of values."""
        return self.text("type").startswith("deep")

    @property
    def tiled(self) -> bool:
        """Whether pixels lie in tiles instead of blocks of lines."""
        return "tile" in (self.text("type") or ("tiles" if self.attribute("tiles") else ""))

    @property
    def data_window(self) -> Window:
        """Where there are pixels."""
        return self._window("dataWindow")

    @property
    def display_window(self) -> Window:
        """What is meant to be seen."""
        return self._window("displayWindow")

    @property
    def channels(self) -> dict[str, str]:
        """The names of the channels, in the order of their pixels, and their numbers: "f16", "f32" or "u32"."""
        entries = self.channel_entries
        return {name: _FORMS[int.from_bytes(entries[name][-16:-12], "little")] for name in in_order(entries)}

    @property
    def channel_entries(self) -> dict[str, bytes]:
        """What the header tells of each channel, as it is stored."""
        attribute, found, at = self.attribute("channels"), {}, 0
        data = b"" if attribute is None else attribute.data
        while at < len(data) - 1:
            end = data.index(0, at)
            found[data[at:end].decode()] = data[at : end + 17]
            at = end + 17
        return found

    def _window(self, name: str) -> Window:
        attribute = self.attribute(name)
        left, top, right, bottom = _WINDOW.unpack(b"" if attribute is None else attribute.data)
        return Window(left, top, right + 1, bottom + 1)


def channel_list(entries: Mapping[str, bytes]) -> Attribute:
    """The header's entry that lists channels, in the order of their pixels: that of their names' bytes."""
    return Attribute("channels", "chlist", b"".join(entries[name] for name in in_order(entries)) + b"\0")


def channel_entry(name: str, form: str) -> bytes:
    """What a header tells of a channel that has a value for each pixel."""
    return name.encode() + b"\0" + struct.pack("<4i", _FORMS.index(form), 0, 1, 1)


def in_order(names: Iterable[str]) -> list[str]:
    """The names of channels in the order in which their pixels lie."""
    return sorted(names, key=str.encode)


def text(name: str, value: str) -> Attribute:
    """An entry that is text."""
    return Attribute(name, "string", value.encode())


def parse(data: bytes | memoryview, name: str) -> list[Part]:
    """The parts of a file, over ``data``, without a copy. name: of the file, for messages. Raises `ReadError`."""
    view = memoryview(data).cast("B")
    if bytes(view[:4]) != _MAGIC:
        raise ReadError(f"{name} is no EXR file", "Save or copy it again.")
    try:
        parts = list(_parts(view))
        for part in parts:
            _ = part.channels, part.data_window, part.display_window
    except (struct.error, ValueError, IndexError) as error:
        raise ReadError(f"{name} is not whole, or is damaged", "Save or copy it again.") from error
    return parts


def assemble(parts: Sequence[Part]) -> bytes:
    """The bytes of a file of these parts. One part needs no name; several need names that differ."""
    several = len(parts) > 1
    headers = [_header(_complete(part) if several or part.attribute("chunkCount") else part) for part in parts]
    head = [_MAGIC, struct.pack("<I", _VERSION | _flags(parts)), *headers, b"\0" if several else b""]
    at = sum(map(len, head)) + sum(8 * len(part.chunks) for part in parts)
    tables, blocks = [], []
    for number, part in enumerate(parts):
        prefix = struct.pack("<I", number) if several else b""
        offsets = [0] * len(part.chunks)
        for place in part.order:
            offsets[place] = at
            blocks += (prefix, part.chunks[place])
            at += len(prefix) + len(part.chunks[place])
        tables.append(struct.pack(f"<{len(offsets)}Q", *offsets))
    return b"".join([*head, *tables, *blocks])


def _parts(view: memoryview) -> Iterator[Part]:
    flags = struct.unpack_from("<I", view, 4)[0]
    headers, at = [], 8
    while True:
        header, at = _read_header(view, at)
        headers.append(header)
        if not flags & _MULTIPART or view[at] == 0:
            break
    at += bool(flags & _MULTIPART)
    for header in headers:
        part = Part(header, (), ())
        count = part.attribute("chunkCount") if flags & _MULTIPART else None
        offsets = _offsets(view, at, None if count is None else struct.unpack("<i", count.data)[0])
        at += 8 * len(offsets)
        chunks = [_chunk(view, offset + (4 if flags & _MULTIPART else 0), part) for offset in offsets]
        yield replace(part, chunks=chunks, order=sorted(range(len(offsets)), key=offsets.__getitem__))


def _read_header(view: memoryview, at: int) -> tuple[tuple[Attribute, ...], int]:
    attributes = []
    while view[at] != 0:
        name, at = _name(view, at)
        kind, at = _name(view, at)
        size = struct.unpack_from("<I", view, at)[0]
        at += 4 + size
        if at >= len(view):
            raise ValueError
        attributes.append(Attribute(name, kind, bytes(view[at - size : at])))
    return tuple(attributes), at + 1


def _name(view: memoryview, at: int) -> tuple[str, int]:
    # A name has at most 255 bytes.
    end = bytes(view[at : at + 256]).index(0)
    return str(view[at : at + end], "utf-8", "surrogateescape"), at + end + 1


def _offsets(view: memoryview, at: int, count: int | None) -> tuple[int, ...]:
    """The table of offsets at ``at``. Of a single part its length is not told: it ends where the first chunk begins."""
    if count is None:
        first, end = len(view), at
        while end < first:
            first = min(first, struct.unpack_from("<Q", view, end)[0])
            end += 8
        count = (end - at) // 8
    offsets = struct.unpack_from(f"<{count}Q", view, at)
    # Whoever stops in the middle of writing leaves zeros.
    if not all(at < offset < len(view) for offset in offsets):
        raise ValueError
    return offsets


def _chunk(view: memoryview, at: int, part: Part) -> memoryview:
    place = 16 if part.tiled else 4
    if part.deep:
        table, samples = struct.unpack_from("<QQ", view, at + place)
        size = place + 24 + table + samples
    else:
        size = place + 4 + struct.unpack_from("<I", view, at + place)[0]
    if at + size > len(view):
        raise ValueError
    return view[at : at + size]


def _complete(part: Part) -> Part:
    """With all that a part among others must have in its header."""
    count = Attribute("chunkCount", "int", struct.pack("<i", len(part.chunks)))
    return part.having(count, text("type", part.text("type") or ("tiledimage" if part.tiled else "scanlineimage")))


def _flags(parts: Sequence[Part]) -> int:
    names = [name for part in parts for name in (*part.channels, *(attribute.name for attribute in part.header))]
    flags = _LONG_NAMES if any(len(_encoded(name)) > _SHORT for name in names) else 0
    if any(part.deep for part in parts):
        flags |= _DEEP
    if len(parts) > 1:
        return flags | _MULTIPART
    return flags | (_TILED if parts[0].tiled and not parts[0].deep else 0)


def _header(part: Part) -> bytes:
    fields = []
    for attribute in part.header:
        size = struct.pack("<I", len(attribute.data))
        fields += (_encoded(attribute.name), b"\0", _encoded(attribute.kind), b"\0", size, attribute.data)
    return b"".join([*fields, b"\0"])


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
