"""All painters: by the name of their class, a function that paints one motif anew.

A painter gets random numbers and a side in pixels, and returns side × side × 3, a pattern that fills the frame, or
side × side × 4, a motif cut out; display-encoded 0..1, alpha straight.
"""

from __future__ import annotations

from collections.abc import Callable

from .painters import cellular, flowing, living, woven
from .raster import Array, Rng

PAINTERS: dict[str, Callable[[Rng, int], Array]] = {
    **cellular.PAINTERS,
    **flowing.PAINTERS,
    **living.PAINTERS,
    **woven.PAINTERS,
}
