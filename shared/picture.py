"""A picture as it travels: its pixels, and the facts without which they mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

DTYPES: dict[str, np.dtype] = {
    "u8": np.dtype("uint8"),
    "u16": np.dtype("<u2"),
    "f16": np.dtype("<f2"),
    "f32": np.dtype("<f4"),
}
ALPHAS = ("none", "straight", "premultiplied")
ROWS = ("top-down", "bottom-up")
# The largest side and channel count a picture may claim, whatever its bytes say.
MAX_SIDE = 65536
MAX_CHANNELS = 4


class PictureError(ValueError):
    """Facts that don't fit together; the message says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What the bytes of a picture mean.

    shape: (height, width, channels), channels 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA).
    dtype: "u8", "u16", "f16" or "f32", little-endian; integers span 0..1 as 0..255 or 0..65535.
    colorspace: "sRGB" (display-encoded), "Linear Rec.709" (scene-linear), "Non-Color", or another name,
        which is handed through.
    alpha: "none", "straight" or "premultiplied" (colour already multiplied by alpha).
    rows: "top-down" (row 0 is the top, as in files) or "bottom-up" (as in Blender).
    """

    shape: tuple[int, int, int]
    dtype: str
    colorspace: str = "sRGB"
    alpha: str = "none"
    rows: str = "top-down"

    @property
    def size(self) -> int:
        """Bytes of the whole picture."""
        height, width, channels = self.shape
        return height * width * channels * DTYPES[self.dtype].itemsize

    @property
    def numpy_dtype(self) -> np.dtype:
        """The numpy dtype of one value."""
        return DTYPES[self.dtype]

    def header(self) -> dict[str, Any]:
        """The map that travels in a message."""
        return {
            "shape": list(self.shape),
            "dtype": self.dtype,
            "colorspace": self.colorspace,
            "alpha": self.alpha,
            "rows": self.rows,
        }

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> PictureInfo:
        """Read and check the map of a message; nothing is allocated. Raises `PictureError`."""
        shape = header.get("shape")
        if not isinstance(shape, (list, tuple)) or len(shape) != 3 or not all(_is_count(n) for n in shape):
            raise PictureError("shape must be three whole numbers: height, width, channels")
        height, width, channels = shape
        if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE and 1 <= channels <= MAX_CHANNELS):
            raise PictureError(f"shape must be 1 to {MAX_SIDE} pixels a side and 1 to {MAX_CHANNELS} channels")
        dtype = _one_of(header, "dtype", tuple(DTYPES))
        alpha = _one_of(header, "alpha", ALPHAS, "none")
        if alpha != "none" and channels not in (2, 4):
            raise PictureError("alpha must be none for a picture of 1 or 3 channels")
        rows = _one_of(header, "rows", ROWS, "top-down")
        colorspace = header.get("colorspace", "sRGB")
        if not isinstance(colorspace, str) or not 1 <= len(colorspace) <= 64:
            raise PictureError("colorspace must be a name of 1 to 64 characters")
        return cls((height, width, channels), dtype, colorspace, alpha, rows)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels and what they mean. ``pixels`` is C-contiguous, of ``info.shape`` and ``info.numpy_dtype``."""

    info: PictureInfo
    pixels: np.ndarray

    def __post_init__(self) -> None:
        if self.pixels.shape != self.info.shape or self.pixels.dtype != self.info.numpy_dtype:
            raise PictureError(
                f"the pixels are {self.pixels.shape} {self.pixels.dtype}, not {self.info.shape} {self.info.numpy_dtype}"
            )

    @classmethod
    def from_bytes(cls, info: PictureInfo, data: bytes | bytearray | memoryview) -> Picture:
        """A picture over ``data``, without a copy. Raises `PictureError` when the length does not fit."""
        if len(data) != info.size:
            raise PictureError(f"{len(data)} bytes are not a picture of {info.size} bytes")
        return cls(info, np.frombuffer(data, info.numpy_dtype).reshape(info.shape))

    def data(self) -> memoryview:
        """The bytes, without a copy where the pixels are contiguous."""
        return memoryview(np.ascontiguousarray(self.pixels)).cast("B")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _one_of(header: Mapping[str, Any], field: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    value = header.get(field, default)
    if value not in allowed:
        raise PictureError(f"{field} must be {', '.join(allowed[:-1])} or {allowed[-1]}")
    return str(value)
