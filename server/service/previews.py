"""Previews no larger than the link to their client bears: they are to be seen at once, and to keep nobody waiting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...shared.picture import PictureInfo
from ...shared.wire.blobs import CHUNK, packed_chunk
from ...shared.wire.packing import Grain

# A preview is to take no longer than so many pieces of the link's, and still to show something.
_PIECES, _SMALLEST = 16, 64


def fitted(
    picture: Mapping[str, Any], pixels: memoryview, piece: int, packs: bool
) -> tuple[dict[str, Any], memoryview]:
    """The fields and the bytes of an EVENT for a preview of 8 bits: halved until a slow link bears it, and packed.

    piece: bytes of one piece of the link's, a whole chunk on a fast one. packs: whether the client can unpack.
    """
    info = PictureInfo.from_header(picture)
    values = np.frombuffer(pixels, np.uint8).reshape(info.shape)
    while values.nbytes > _PIECES * piece and min(values.shape[:2]) >= 2 * _SMALLEST:
        values = _halved(values)
    fields: dict[str, Any] = {"picture": {**picture, "shape": list(values.shape)}}
    data = np.ascontiguousarray(values).data.cast("B")
    if not packs or piece >= CHUNK:
        return fields, data
    header, chunk = packed_chunk(b"", 0, data, Grain(1, values.shape[2]))
    return fields | {name: header[name] for name in ("codec", "size", "item", "lag") if name in header}, chunk


def _halved(values: np.ndarray) -> np.ndarray:
    height, width, channels = values.shape
    quads = values[: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2, channels)
    return ((quads.sum((1, 3), dtype=np.uint16) + 2) >> 2).astype(np.uint8)
