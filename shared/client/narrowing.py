"""Float pictures in fewer bytes, for slow lines: what the dream left alone comes back as it was, to the last bit.

A picture of 32-bit floats travels as halves, or as bytes where its values are those of 8 bits. Its dream comes back in
the same form, and what that differs by from what was sent is added to the picture itself, which stayed here. So only
the dream is rounded, never the picture: where there is no difference every bit stays, alpha, NaN and infinity included.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..picture import Picture

# Floats that are so near to a multiple of 1/255, in steps of that, are bytes.
_NEAR = 1e-3
_LARGEST_HALF = 65504.0
# Values looked at in one go.
_BLOCK = 1 << 20

_BYTES = (np.arange(256) / 255).astype(np.float32)


class Narrowed:
    """A picture of floats, as bytes of fewer bits each: made where they are asked for, kept nowhere.

    info: the form in which it travels. wide: that of the picture itself.
    """

    def __init__(self, picture: Picture, dtype: str) -> None:
        """``dtype``: "f16" or "u8"."""
        self.wide = picture.info
        self.info = dataclasses.replace(picture.info, dtype=dtype)
        self._values = picture.pixels.reshape(-1)
        # The part asked for last: on the way back each is wanted twice in a row.
        self._last: tuple[int, np.ndarray] = (0, np.empty(0, self.info.numpy_dtype))

    def __getitem__(self, part: slice) -> memoryview:
        """The bytes from ``part.start`` to ``part.stop``, both at the start of a value."""
        size = self.info.numpy_dtype.itemsize
        return self._narrow(part.start // size, part.stop // size).data.cast("B")

    def dreamed(self, at: int, data: memoryview) -> np.ndarray:
        """The dreamed picture's values, float32, for ``data``: those bytes of the dream that lie at ``at``."""
        dream = np.frombuffer(data, self.info.numpy_dtype)
        start = at // dream.itemsize
        values = self._values[start : start + len(dream)]
        sent = self._narrow(start, start + len(dream))
        bits = f"<u{dream.itemsize}"
        changed = dream.view(bits) != sent.view(bits)
        if not changed.any():
            return values
        with np.errstate(invalid="ignore", over="ignore"):
            return np.where(changed, values + (widened(dream) - widened(sent)), values)

    def _narrow(self, start: int, stop: int) -> np.ndarray:
        if self._last[0] != start or len(self._last[1]) != stop - start:
            values = self._values[start:stop]
            narrow = np.rint(values * 255).astype(np.uint8) if self.info.dtype == "u8" else values.astype("<f2")
            self._last = start, narrow
        return self._last[1]


def narrowed(picture: Picture) -> Narrowed | None:
    """``picture`` in fewer bytes, None where that would lose more than the rounding of halves does.

    Halves reach to 65,504. Bytes are only for display-encoded pictures: Blender keeps those in 8 bits anyway.
    """
    if picture.info.dtype != "f32":
        return None
    values = picture.pixels.reshape(-1)
    if picture.info.colorspace == "sRGB" and all(map(_are_bytes, _blocks(values))):
        return Narrowed(picture, "u8")
    if all(map(_fit_halves, _blocks(values))):
        return Narrowed(picture, "f16")
    return None


def widened(values: np.ndarray) -> np.ndarray:
    """Halves or bytes as 32-bit floats."""
    return _BYTES[values] if values.dtype == np.uint8 else values.astype(np.float32)


def widened_picture(picture: Picture) -> Picture:
    """A picture of halves or bytes as one of 32-bit floats; any other as it is."""
    if picture.info.dtype not in ("u8", "f16"):
        return picture
    return Picture(dataclasses.replace(picture.info, dtype="f32"), widened(picture.pixels))


def _blocks(values: np.ndarray) -> list[np.ndarray]:
    return [values[start : start + _BLOCK] for start in range(0, len(values), _BLOCK)]


def _are_bytes(values: np.ndarray) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        steps = values * np.float32(255)
        near = np.abs(steps - np.rint(steps)) <= _NEAR
        return bool(near.all() and steps.min() >= -_NEAR and steps.max() <= 255 + _NEAR)


def _fit_halves(values: np.ndarray) -> bool:
    largest = max(values.max(), -values.min())
    if not np.isfinite(largest):
        largest = np.abs(values[np.isfinite(values)]).max(initial=0.0)
    return bool(largest <= _LARGEST_HALF)
