"""A picture's bytes in chunks: which are here, which are missing, and whether each arrived as it was sent."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from . import zstd
from .errors import WireError
from .packing import Buffer, Grain, pack, unpack

CHUNK = 1 << 20


def chunk_count(size: int) -> int:
    """How many chunks a blob of ``size`` bytes has."""
    return -(-size // CHUNK)


class Bitmap:
    """Which chunks of a blob are here: bit 0 of byte 0 is the first chunk."""

    def __init__(self, size: int, have: Buffer = b"") -> None:
        """``size``: bytes of the blob. ``have``: a bitmap as received; empty means none. Raises ValueError."""
        self.count = chunk_count(size)
        length = -(-self.count // 8)
        if len(have) not in (0, length):
            raise ValueError(f"a bitmap of {self.count} chunks has {length} bytes, not {len(have)}")
        self._bits = bytearray(have) or bytearray(length)
        if self.count % 8:
            self._bits[-1] &= (1 << self.count % 8) - 1
        self._missing = self.count - int.from_bytes(self._bits, "little").bit_count()

    def __contains__(self, index: int) -> bool:
        return bool(self._bits[index >> 3] & (1 << (index & 7)))

    def add(self, index: int) -> None:
        """Mark a chunk as here."""
        if index not in self:
            self._bits[index >> 3] |= 1 << (index & 7)
            self._missing -= 1

    def discard(self, index: int) -> None:
        """Mark a chunk as missing."""
        if index in self:
            self._bits[index >> 3] &= ~(1 << (index & 7))
            self._missing += 1

    def missing(self) -> Iterator[int]:
        """The chunks that are not here, in order."""
        return (index for index in range(self.count) if index not in self)

    @property
    def full(self) -> bool:
        """Whether every chunk is here."""
        return self._missing == 0

    @property
    def present(self) -> int:
        """How many chunks are here."""
        return self.count - self._missing

    def __bytes__(self) -> bytes:
        return bytes(self._bits)


def chunk_header(blob: bytes, at: int, data: Buffer) -> dict[str, Any]:
    """The header of one uncompressed chunk at offset ``at``."""
    return {"t": "CHUNK", "blob": blob, "at": at, "crc": zlib.crc32(data), "codec": "none", "size": len(data)}


def packed_chunk(
    blob: bytes, at: int, data: Buffer, grain: Grain, base: tuple[bytes, Buffer] | None = None
) -> tuple[dict[str, Any], memoryview]:
    """A chunk, header and bytes, made as small as `pack` can. base: another blob's id, and its bytes at ``at``."""
    packed = pack(data, grain, base[1] if base else None)
    if packed is None:
        return chunk_header(blob, at, data), memoryview(data)
    how = {"codec": "zstd", "size": len(data), "item": grain.item, "lag": grain.lag} | (
        {"base": base[0]} if base else {}
    )
    return chunk_header(blob, at, packed) | how, memoryview(packed)


def check_chunk(header: Mapping[str, Any], data: Buffer, size: int) -> int:
    """Check a received chunk of a blob of ``size`` bytes; returns its index. Raises `WireError` BAD_CHUNK."""
    at = header["at"]
    if header["codec"] != "none" and not zstd.available:
        raise _bad_chunk("codec", "none, since no other was agreed on")
    if at % CHUNK or at >= size:
        raise _bad_chunk("at", f"a multiple of {CHUNK} below {size}")
    expected = min(CHUNK, size - at)
    if header["size"] != expected or (header["codec"] == "none" and len(data) != expected):
        raise _bad_chunk("size", f"{expected}, and so many bytes must follow")
    if zlib.crc32(data) != header["crc"]:
        raise _bad_chunk("crc", "the crc32 of the chunk's bytes")
    return at // CHUNK


def chunk_bytes(header: Mapping[str, Any], data: Buffer, base: Buffer | None = None) -> memoryview:
    """What a chunk that was checked holds: never more than its ``size``. Raises `WireError` BAD_CHUNK.

    base: the bytes at the same place of the blob that its header names as its base.
    """
    if header["codec"] == "none":
        return memoryview(data)
    if header.get("base") and base is None:
        raise _bad_chunk("base", "none, since no other blob was agreed on")
    try:
        return unpack(data, header["size"], Grain.from_header(header), base if header.get("base") else None)
    except ValueError as error:
        raise _bad_chunk("codec", "one zstd frame of as many bytes as “size” says") from error


def _bad_chunk(field: str, allowed: str) -> WireError:
    return WireError(
        "BAD_CHUNK",
        "A piece of the picture arrived damaged.",
        "It is sent again by itself.",
        field=field,
        allowed=allowed,
    )
