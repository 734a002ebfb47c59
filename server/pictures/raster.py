"""What painters paint with: noise, cells, ramps and light on square pictures.

Arrays are float32, side × side or side × side × 3, display-encoded colours in 0..1, row 0 on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Rng = np.random.Generator
Colour = Sequence[float] | np.ndarray


def grid(side: int) -> tuple[Array, Array]:
    """x and y of the pixels' centres, from -1 to 1, y downwards."""
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(axis, axis)
    return x, y


def turned(x: Array, y: Array, angle: float) -> tuple[Array, Array]:
    """The coordinates seen from axes turned by ``angle``, radians."""
    c, s = np.cos(np.float32(angle)), np.sin(np.float32(angle))
    return c * x + s * y, c * y - s * x


def fractal(rng: Rng, side: int, steepness: float = 2.0, coarsest: float = 1.0) -> Array:
    """Noise with the power spectrum 1/f^(2·steepness), periodic, with zero mean and unit deviation.

    coarsest: the lowest frequency in it, in waves a side. Of "Fractal modelling" as Saupe describes it in "The Science
    of Fractal Images" (1988): white noise filtered in the frequency domain.
    """
    spectrum = np.fft.rfft2(rng.standard_normal((side, side)).astype(np.float32))
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]) * side
    weight = np.where(f >= coarsest, np.maximum(f, 1e-6) ** -steepness, 0)
    noise = np.fft.irfft2(spectrum * weight, (side, side)).astype(np.float32)
    return noise / (noise.std() + 1e-12)


def blur(values: Array, sigma: float) -> Array:
    """Gaussian blur by ``sigma`` pixels, periodic; H×W or H×W×C."""
    if sigma <= 0:
        return values
    height, width = values.shape[:2]
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    gain = np.exp(-2 * (np.pi * sigma) ** 2 * (fy**2 + fx**2)).astype(np.float32)
    if values.ndim == 3:
        gain = gain[..., None]
    spectrum = np.fft.rfft2(values, axes=(0, 1)) * gain
    return np.fft.irfft2(spectrum, (height, width), axes=(0, 1)).astype(np.float32)


def smoothstep(low: float | Array, high: float | Array, values: Array) -> Array:
    """0 below ``low``, 1 above ``high``, Hermite's cubic between; falls where ``high`` is the smaller one."""
    t = np.clip((values - low) / (np.asarray(high) - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def mix(below: Array | Colour, above: Array | Colour, weight: Array) -> Array:
    """Colours between ``below`` (weight 0) and ``above`` (weight 1)."""
    below, above = np.asarray(below, np.float32), np.asarray(above, np.float32)
    weight = weight[..., None]
    return below * (1 - weight) + above * weight


def ramp(values: Array, colours: Sequence[Colour], stops: Colour | None = None) -> Array:
    """Colours along a gradient: ``values`` 0..1, ``colours`` evenly spread or at ``stops``."""
    table = np.asarray(colours, np.float32)
    places = np.linspace(0, 1, len(table)) if stops is None else stops
    return np.stack([np.interp(values, places, table[:, k]) for k in range(3)], -1).astype(np.float32)


def hsv(hue: float | Array, saturation: float | Array, value: float | Array) -> Array:
    """RGB of hue (1 is once around), saturation and value; broadcast, the channels last."""
    hue, saturation, value = np.broadcast_arrays(hue, saturation, value)
    k = (np.asarray([5, 3, 1]) + np.asarray(hue)[..., None] * 6) % 6
    chroma = np.clip(np.minimum(k, 4 - k), 0, 1) * np.asarray(saturation)[..., None]
    return (np.asarray(value)[..., None] * (1 - chroma)).astype(np.float32)


def lookup(values: Array, x: Array, y: Array) -> Array:
    """``values`` at x and y in pixels, linear between them, periodic."""
    height, width = values.shape[:2]
    x0, y0 = np.floor(x), np.floor(y)
    fx, fy = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    left, top = x0.astype(np.int64) % width, y0.astype(np.int64) % height
    right, bottom = (left + 1) % width, (top + 1) % height
    if values.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    upper = values[top, left] * (1 - fx) + values[top, right] * fx
    lower = values[bottom, left] * (1 - fx) + values[bottom, right] * fx
    return upper * (1 - fy) + lower * fy


def chance(i: Array, j: Array, seed: int) -> Array:
    """A number in 0..1 for each pair of integers: a hash, the same at every call."""
    h = np.asarray(i, np.int64).astype(np.uint32) * np.uint32(0x85EBCA6B)
    h ^= np.asarray(j, np.int64).astype(np.uint32) * np.uint32(0xC2B2AE35) + np.uint32(seed * 0x9E3779B1 & 0xFFFFFFFF)
    for factor, shift in ((0x7FEB352D, 16), (0x846CA68B, 15)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24)


@dataclass(frozen=True, slots=True)
class Cells:
    """Which cell each pixel lies in.

    nearest, second: distances to the nearest two points. edge: the distance to the border between them.
    i, j: the cell's name, for `chance`. dx, dy: from its point to the pixel.
    """

    nearest: Array
    second: Array
    edge: Array
    i: Array
    j: Array
    dx: Array
    dy: Array


def cells(x: Array, y: Array, seed: int, jitter: float = 1.0) -> Cells:
    """Cells around one point in every unit square, its place in the square random by ``jitter`` (0..1).

    Worley, "A cellular texture basis function" (1996).
    """
    ci, cj = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    found = []
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            i, j = ci + di, cj + dj
            px = i + 0.5 + jitter * (chance(i, j, seed) - 0.5)
            py = j + 0.5 + jitter * (chance(i, j, seed + 1) - 0.5)
            found.append((i, j, (x - px).astype(np.float32), (y - py).astype(np.float32)))
    i, j, dx, dy = (np.stack(parts) for parts in zip(*found, strict=True))
    squared = dx * dx + dy * dy
    order = np.argpartition(squared, 1, axis=0)[:2]
    a = np.take_along_axis(squared, order, 0)
    order = np.where(a[:1] <= a[1:], order, order[::-1])

    def pick(values: Array, rank: int) -> Array:
        return np.take_along_axis(values, order[rank : rank + 1], 0)[0]

    near, far = np.sqrt(pick(squared, 0)), np.sqrt(pick(squared, 1))
    # From the pixel to the line halfway between the two points.
    between = np.hypot(pick(dx, 0) - pick(dx, 1), pick(dy, 0) - pick(dy, 1))
    edge = (far * far - near * near) / (2 * between + 1e-6)
    return Cells(near, far, edge, pick(i, 0), pick(j, 0), pick(dx, 0), pick(dy, 0))


def relief(rng: Rng, colour: Array, height: Array, depth: float = 1.0, gloss: float = 0.2) -> Array:
    """Light ``colour`` as a surface of that ``height`` (in pixels, times ``depth``) under a lamp somewhere above.

    Lambert's law with ambient light, and Blinn's highlight of strength ``gloss``.
    """
    gy, gx = np.gradient(height * np.float32(depth))
    around, up = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.1)
    light = np.array([np.cos(around) * np.cos(up), np.sin(around) * np.cos(up), np.sin(up)])
    inverse = 1 / np.sqrt(gx * gx + gy * gy + 1)
    diffuse = np.clip((light[2] - gx * light[0] - gy * light[1]) * inverse, 0, None) / light[2]
    half = light + np.array([0, 0, 1])
    half /= np.linalg.norm(half)
    shine = np.clip((half[2] - gx * half[0] - gy * half[1]) * inverse, 0, 1) ** 30
    lit = colour * (0.35 + 0.65 * diffuse)[..., None] + (gloss * shine)[..., None]
    return np.clip(lit, 0, 1).astype(np.float32)


def seed_of(rng: Rng) -> int:
    """A seed for `cells` and `chance`."""
    return int(rng.integers(1 << 30))
