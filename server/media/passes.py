"""What a renderer knows of a frame besides its colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Cryptomatte:
    """Which objects, materials or the like each pixel shows, and how much of it (Psyop's Cryptomatte specification).

    layer: as ``CryptoObject`` or ``CryptoMaterial``, without a view layer.
    ids: HxWxN uint32, the hash of what covers the pixel most, then second most, and so on; 0 is nothing.
    shares: HxWxN float32, 0..1, how much of the pixel it covers.
    names: from the name of each object or material to its hash: the manifest.
    """

    layer: str
    ids: np.ndarray
    shares: np.ndarray
    names: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Passes:
    """A frame's passes as arrays of the picture's height and width, top row first; None where there is none.

    vector: HxWx4 float32, motion in pixels, y up. What is seen at p was at p + (X, Y) in the frame before, and will
        be at p − (Z, W) in the next one.
    depth: HxW float32, distance in scene units; 1e10 or more, or infinity, where there is nothing.
    normal: HxWx3 float32, -1..1.
    alpha: HxW float32, 0..1, of the picture itself.
    object_index, material_index: HxW float32, whole numbers where pixels are not mixed.
    cryptomattes: in the order they have in the file.
    """

    vector: np.ndarray | None = None
    depth: np.ndarray | None = None
    normal: np.ndarray | None = None
    alpha: np.ndarray | None = None
    object_index: np.ndarray | None = None
    material_index: np.ndarray | None = None
    cryptomattes: tuple[Cryptomatte, ...] = field(default=())

    @property
    def objects(self) -> np.ndarray | None:
        """HxW, equal where two pixels show the same object: Cryptomatte's first rank (uint32), or the object index."""
        for matte in self.cryptomattes:
            if "object" in matte.layer.lower():
                return matte.ids[..., 0]
        return self.object_index
