"""Pictures of numbers that no byte could hold."""

from __future__ import annotations

import numpy as np

from reverie.shared.picture import Picture, PictureInfo


def floats(height: int, width: int, seed: int = 0) -> Picture:
    """Scene-linear RGBA with values far below 0 and above 1."""
    pixels = np.random.default_rng(seed).normal(0.5, 40.0, (height, width, 4)).astype(np.float32)
    return Picture(PictureInfo(pixels.shape, "f32", "Linear Rec.709", "premultiplied", "bottom-up"), pixels)


SMALL = floats(16, 16)
# Three chunks, the last one short.
LARGE = floats(400, 350)
