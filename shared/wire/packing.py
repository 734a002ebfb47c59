"""Chunks made small for slow lines, without loss.

Like numbers are subtracted first: from each value the one that lies at the same place of another blob, where there is
one (so what a dream left as it was becomes zeros), and from that the one of the pixel before, as PNG and TIFF do. Small
differences of either sign are folded into small numbers (zigzag, as Protocol Buffers have it), and the bytes of equal
weight put side by side (the shuffle of HDF5 and Blosc: Alted 2010, Why Modern CPUs Are Starving). Zstandard does
the rest. Integers and the bit patterns of floats are treated alike: those of neighbouring floats are neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..picture import PictureInfo
from . import zstd
from .content import Content
from .zstd import Buffer

# What does not become smaller than this share of itself goes as it is: it is not worth unpacking.
WORTH = 0.95


@dataclass(frozen=True, slots=True)
class Grain:
    """How numbers lie in a blob. item: bytes of each, 1, 2 or 4. lag: how many numbers before lies the one most like
    it, 1 to 4; 0 for none.
    """

    item: int = 1
    lag: int = 0

    @classmethod
    def of(cls, content: Content) -> Grain:
        """Channels of pixels; bytes where it is a file."""
        if isinstance(content, PictureInfo):
            return cls(content.numpy_dtype.itemsize, content.shape[2])
        return cls()

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> Grain:
        """What a CHUNK says of itself."""
        return cls(header.get("item") or 1, header.get("lag") or 0)


def pack(data: Buffer, grain: Grain, base: Buffer | None = None) -> bytes | None:
    """A chunk made small, or None where that is not worth it. ``base``: as many bytes of another blob."""
    values = _values(data, grain)
    if base is not None:
        values = values - _values(base, grain)
    if grain.lag:
        values = np.concatenate([values[: grain.lag], values[grain.lag :] - values[: -grain.lag]])
    if grain.lag or base is not None:
        values = _folded(values)
    packed = zstd.compress(_apart(values).data)
    return packed if len(packed) < WORTH * len(data) else None


def unpack(packed: Buffer, size: int, grain: Grain, base: Buffer | None = None) -> memoryview:
    """The ``size`` bytes that `pack` was given. Raises ValueError for what it can't have made."""
    if size % grain.item:
        raise ValueError(f"{size} bytes are no numbers of {grain.item} bytes")
    values = _together(np.frombuffer(zstd.decompress(packed, size), np.uint8), grain)
    if grain.lag or base is not None:
        values = _unfolded(values)
    if grain.lag:
        _summed(values, grain.lag)
    if base is not None:
        values += _values(base, grain)
    return values.data.cast("B")


def _values(data: Buffer, grain: Grain) -> np.ndarray:
    return np.frombuffer(data, f"<u{grain.item}")


def _folded(values: np.ndarray) -> np.ndarray:
    """0, -1, 1, -2, … as 0, 1, 2, 3, …"""
    bits = values.itemsize * 8
    return (values << 1) ^ (values.view(f"<i{values.itemsize}") >> (bits - 1)).view(values.dtype)


def _unfolded(values: np.ndarray) -> np.ndarray:
    one = values.dtype.type(1)
    return (values >> one) ^ -(values & one)


def _summed(values: np.ndarray, lag: int) -> None:
    """Undo, in place, the subtraction of what lies ``lag`` before."""
    whole = len(values) // lag * lag
    rows = values[:whole].reshape(-1, lag)
    np.cumsum(rows, axis=0, dtype=values.dtype, out=rows)
    if whole:
        rest = len(values) - whole
        values[whole:] += values[whole - lag : whole - lag + rest]


def _apart(values: np.ndarray) -> np.ndarray:
    """All first bytes, then all second bytes, and so on."""
    if values.itemsize == 1:
        return values
    return np.ascontiguousarray(values.view(np.uint8).reshape(-1, values.itemsize).T)


def _together(planes: np.ndarray, grain: Grain) -> np.ndarray:
    if grain.item == 1:
        return planes.copy()
    return np.ascontiguousarray(planes.reshape(grain.item, -1).T).view(f"<u{grain.item}").ravel()
