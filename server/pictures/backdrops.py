"""What motifs are seen against: views into the HDR photographs Blender ships to light its viewports with."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path

import numpy as np

from ..media.files import read_picture
from .errors import RequestError
from .raster import Array, Rng, blur, lookup

# The studio is no place anyone has been in: softboxes on black.
_LEFT_OUT = ("studio",)


def panoramas() -> list[Path]:
    """The photographs, 1024 × 512 each. Raises `RequestError` where Blender's Python module is not installed."""
    if importlib.util.find_spec("bpy") is None:
        raise RequestError(
            "Blender's Python module, bpy, is not installed here.",
            "Run this with “uv run reverie pictures …”, which brings it, or: pip install 'reverie[server,blender]'.",
        )
    # Not beside what find_spec finds: once bpy was imported, that may be a folder of the same name within Blender.
    pattern = "bpy/*/datafiles/studiolights/world/*.exr"
    found = next(filter(None, (sorted(Path(entry).glob(pattern)) for entry in sys.path)), [])
    if not found:
        raise RequestError("Blender's photographs are missing beside its module bpy.", "Install bpy again.")
    return [path for path in found if path.stem not in _LEFT_OUT]


def view(rng: Rng, side: int) -> Array:
    """What a camera sees that is turned anywhere in one of the places, side × side × 3, sometimes out of focus."""
    places = panoramas()
    panorama = developed(places[rng.integers(len(places))])
    height, width = panorama.shape[:2]
    half = np.tan(np.radians(rng.uniform(30, 85)) / 2)
    axis = (((np.arange(side) + 0.5) / side * 2 - 1) * half).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    pitch = rng.uniform(-0.55, 0.5)
    c, s = np.cos(pitch), np.sin(pitch)
    down, ahead = c * y - s, c + s * y
    longitude = np.arctan2(x, ahead) + rng.uniform(0, 2 * np.pi)
    latitude = np.arctan2(down, np.hypot(x, ahead))
    seen = lookup(
        panorama, longitude / (2 * np.pi) * width, np.clip((latitude / np.pi + 0.5) * height, 0.5, height - 1.5)
    )
    if rng.random() < 0.5:
        seen = seen[:, ::-1]
    if rng.random() < 0.6:
        seen = blur(np.pad(seen, ((side // 8,) * 2,) * 2 + ((0, 0),), mode="reflect"), rng.uniform(0.5, side / 30))
        seen = seen[side // 8 : -(side // 8), side // 8 : -(side // 8)]
    tint = 1 + rng.normal(0, 0.06, 3)
    return np.clip(np.clip(seen, 0, 1) ** rng.uniform(0.75, 1.3) * tint, 0, 1).astype(np.float32)


@cache
def developed(panorama: Path) -> Array:
    """A panorama tone-mapped to display-encoded 0..1, height × width × 3, row 0 on top.

    Reinhard's curve with a white point, on luminance ("Photographic Tone Reproduction", 2002).
    """
    colour = read_picture(panorama).pixels[..., :3].astype(np.float32)
    colour = colour * (0.3 / np.median(colour))
    luminance = colour @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    colour *= ((1 + luminance / 16) / (1 + luminance))[..., None]
    colour = np.clip(colour, 0, 1)
    return np.where(colour <= 0.0031308, 12.92 * colour, 1.055 * np.maximum(colour, 0.0031308) ** (1 / 2.4) - 0.055)
