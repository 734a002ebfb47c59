"""Zstandard, from whichever module is there: Blender brings one along, Python has its own from 3.14 on."""

from __future__ import annotations

import contextlib
from typing import Any

Buffer = bytes | bytearray | memoryview

# Level 1: on a line slow enough to be worth it at all, higher ones cost more time than their bytes.
LEVEL = 1

third_party: Any = None
built_in: Any = None
try:
    import zstandard as third_party
except ImportError:
    with contextlib.suppress(ImportError):
        from compression import zstd as built_in  # pyright: ignore[reportMissingImports]

available = bool(third_party or built_in)


def compress(data: Buffer) -> bytes:
    """``data`` as one frame that tells its own length."""
    if third_party:
        return third_party.ZstdCompressor(level=LEVEL).compress(data)
    return built_in.compress(data, level=LEVEL)


def decompress(frame: Buffer, size: int) -> bytes:
    """What is in a frame. Raises ValueError where that is not exactly ``size`` bytes, before they are allocated."""
    try:
        return _with_third_party(frame, size) if third_party else _with_built_in(frame, size)
    except (getattr(third_party, "ZstdError", ValueError), getattr(built_in, "ZstdError", ValueError)) as error:
        raise ValueError("no whole zstd frame") from error


def _with_third_party(frame: Buffer, size: int) -> bytes:
    # What a frame says of its length is allocated at once, whatever limit is given beside it.
    if third_party.frame_content_size(frame) != size:
        raise ValueError(f"not a frame of {size} bytes")
    return third_party.ZstdDecompressor().decompress(frame, allow_extra_data=False)


def _with_built_in(frame: Buffer, size: int) -> bytes:
    if built_in.get_frame_info(frame).decompressed_size != size:
        raise ValueError(f"not a frame of {size} bytes")
    stream = built_in.ZstdDecompressor()
    data = stream.decompress(frame, max_length=size)
    if len(data) != size or not stream.eof or stream.unused_data:
        raise ValueError(f"not a frame of {size} bytes")
    return data
