"""Pictures to try presets on: a sky, a wall and a still life, all made of formulas."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from ...shared.picture import Picture, PictureInfo
from ..media.convert import convert


def sky(side: int) -> Picture:
    """Clouds before a sky that pales towards the horizon: soft forms of every size."""
    y, _ = _grid(side)
    blue = _blend((0.16, 0.36, 0.68), (0.72, 0.83, 0.93), y)
    cloud = np.clip((_clouds(side, 1.7, seed=4) - 0.48) * 3.2, 0, 1)[..., None]
    lit = _blend((0.98, 0.95, 0.90), (0.62, 0.66, 0.74), np.clip(_clouds(side, 1.4, seed=9) * 1.4 - 0.2, 0, 1))
    return _picture(blue + cloud * (lit - blue))


def wall(side: int) -> Picture:
    """Bricks, each of its own shade, in pale mortar: a regular texture that tiles."""
    y, x = _grid(side)
    row = np.floor(y * 8)
    along = (x * 4 + 0.5 * (row % 2)) % 4
    shades = np.random.default_rng(2).uniform(0.75, 1.15, (8, 4))[row.astype(int) % 8, along.astype(int)]
    edge = np.minimum(np.minimum(along % 1, 1 - along % 1) * 2, np.minimum(y * 8 % 1, 1 - y * 8 % 1))
    grain = 0.8 + 0.4 * _clouds(side, 0.8, seed=6)
    bricks = np.array((0.58, 0.26, 0.18)) * (shades * grain)[..., None]
    mortar = np.array((0.72, 0.68, 0.62)) * grain[..., None]
    return _picture(np.where((edge < 0.09)[..., None], mortar, bricks))


def still_life(side: int) -> Picture:
    """An orange, a plum and a green vase on a table, lit from the left: a few whole things."""
    y, x = _grid(side)
    behind = _blend((0.34, 0.30, 0.30), (0.52, 0.46, 0.42), x)
    picture = (
        np.where((y < 0.68)[..., None], behind, (0.45, 0.30, 0.2))
        * (0.85 + 0.25 * _clouds(side, 1.2, seed=3))[..., None]
    )
    for centre, radius, colour in (
        ((0.47, 0.62), (0.28, 0.17 + 0.08 * np.sin(7 * y + 1.2)), (0.20, 0.48, 0.36)),
        ((0.70, 0.30), (0.16, 0.16), (0.93, 0.52, 0.10)),
        ((0.78, 0.55), (0.11, 0.11), (0.38, 0.14, 0.34)),
    ):
        picture = _lit(picture, y, x, centre, radius, np.array(colour))
    return _picture(picture)


SAMPLES: dict[str, Callable[[int], Picture]] = {"sky": sky, "wall": wall, "still life": still_life}


def _lit(
    picture: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    centre: tuple[float, float],
    radius: tuple[float, float | np.ndarray],
    colour: np.ndarray,
) -> np.ndarray:
    """Set a round thing before ``picture``, with its shadow on what is behind it."""
    down, right = (y - centre[0]) / radius[0], (x - centre[1]) / radius[1]
    shadow = np.exp(-6 * ((y - centre[0] - 0.95 * radius[0]) ** 2 / 0.02 + (x - centre[1] - 0.1) ** 2 / 0.12))
    picture = picture * (1 - 0.5 * shadow)[..., None]
    inside = down**2 + right**2 < 1
    towards = np.sqrt(np.clip(1 - down**2 - right**2, 0, 1))
    light = np.clip(-0.55 * right - 0.5 * down + 0.67 * towards, 0, 1)
    shaded = colour * (0.25 + 0.85 * light)[..., None] + 0.7 * (light**24)[..., None]
    return np.where(inside[..., None], shaded, picture)


def _grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    places = (np.arange(side) + 0.5) / side
    y, x = np.meshgrid(places, places, indexing="ij")
    return y, x


def _blend(first: tuple[float, ...], second: tuple[float, ...], share: np.ndarray) -> np.ndarray:
    return np.array(first) + share[..., None] * (np.array(second) - np.array(first))


def _clouds(side: int, steepness: float, seed: int) -> np.ndarray:
    """Noise in 0..1 that tiles, of a spectrum falling as 1/f to the power of ``steepness``."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    frequency[0, 0] = 1.0
    # The waves are drawn by frequency, so that a larger picture shows the same clouds in more detail.
    generator = np.random.default_rng(seed)
    spectrum = np.zeros((side, side // 2 + 1), complex)
    for ring in range(1, side // 2):
        count = 4 * ring + 2
        waves = generator.normal(size=count) + 1j * generator.normal(size=count)
        rows = np.concatenate([np.arange(-ring, ring + 1), np.full(ring, ring), np.full(ring, -ring), [0]])
        columns = np.concatenate([np.full(2 * ring + 1, ring), np.arange(ring), np.arange(ring), [ring]])
        spectrum[rows[:count], columns[:count]] = waves
    noise = np.fft.irfft2(spectrum / frequency**steepness, (side, side))
    return np.clip(0.5 + noise / (5 * noise.std()), 0, 1)


def _picture(colours: np.ndarray) -> Picture:
    pixels = (np.clip(colours, 0, 1) * 255).round().astype(np.uint8)
    return Picture(PictureInfo(pixels.shape, "u8", "sRGB"), pixels)


def square(picture: Picture, side: int) -> Picture:
    """The middle of any picture, side×side, RGB u8, without its alpha."""
    height, width, channels = picture.info.shape
    form = dataclasses.replace(
        picture.info, shape=(height, width, 1 if channels < 3 else 3), dtype="u8", colorspace="sRGB", alpha="none"
    )
    pixels = convert(picture, form).pixels
    least = min(height, width)
    top, left = (height - least) // 2, (width - least) // 2
    middle = torch.from_numpy(pixels[top : top + least, left : left + least].copy()).permute(2, 0, 1)[None].float()
    small = F.interpolate(middle, (side, side), mode="bicubic", antialias=True)[0].expand(3, -1, -1)
    shown = small.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    return Picture(PictureInfo(shown.shape, "u8", "sRGB"), shown)
