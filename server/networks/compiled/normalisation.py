"""Local response normalisation in one pass over memory."""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import float32, int64, prange

from .compiling import FLOATS, compiled, inlined


@inlined
def _around(padded, reach, start, sums):
    """``sums``: ``start`` and the sum over ``reach`` places on both sides; ``padded`` has as many more at both ends."""
    channels = sums.size
    if reach == 2:  # what networks have, in one pass
        a, b, c = padded[:channels], padded[1 : channels + 1], padded[2 : channels + 2]
        d, e = padded[3 : channels + 3], padded[4 : channels + 4]
        for i in range(channels):
            sums[i] = start + a[i] + b[i] + c[i] + d[i] + e[i]
        return
    for i in range(channels):
        sums[i] = start
    for shift in range(2 * reach + 1):
        shifted = padded[shift : shift + channels]
        for i in range(channels):
            sums[i] += shifted[i]


@inlined
def _roots(x, squares, roots, reach, scale, k):
    """``roots``: 1 / sqrt(k + scale * sum of x² over the neighbours); ``squares`` has ``reach`` zeros at both ends."""
    channels = x.size
    for c in range(channels):
        squares[reach + c] = scale * x[c] * x[c]
    _around(squares, reach, k, roots)
    for c in range(channels):
        roots[c] = float32(1) / math.sqrt(roots[c])


@compiled(FLOATS, FLOATS, int64, float32, numba.boolean, float32)
def normalise(x, out, reach, scale, steep, k):
    """Fill ``out`` with x / (k + scale * sum of x² over ``reach`` channels on either side)^beta, 0.75 if ``steep``,
    else 0.5.
    """
    batch, height, width, channels = x.shape
    for line in prange(batch * height):
        squares, roots = np.zeros(channels + 2 * reach, np.float32), np.empty(channels, np.float32)
        for j in range(width):
            values, result = x[line // height, line % height, j], out[line // height, line % height, j]
            _roots(values, squares, roots, reach, scale, k)
            if steep:
                for c in range(channels):
                    result[c] = values[c] * (roots[c] * math.sqrt(roots[c]))
            else:
                for c in range(channels):
                    result[c] = values[c] * roots[c]


@compiled(FLOATS, FLOATS, FLOATS, int64, float32, numba.boolean, float32)
def normalise_back(slope, x, out, reach, scale, steep, k):
    """Fill ``out``, the slope by ``x``, from ``slope`` by what `normalise` put out."""
    batch, height, width, channels = x.shape
    twice_beta_scale = scale * float32(1.5 if steep else 1.0)
    for line in prange(batch * height):
        n, i = line // height, line % height
        squares, roots = np.zeros(channels + 2 * reach, np.float32), np.empty(channels, np.float32)
        through = np.empty(channels, np.float32)
        for j in range(width):
            values, slopes, result = x[n, i, j], slope[n, i, j], out[n, i, j]
            _roots(values, squares, roots, reach, scale, k)
            if steep:
                for c in range(channels):
                    result[c] = slopes[c] * (roots[c] * math.sqrt(roots[c]))
            else:
                for c in range(channels):
                    result[c] = slopes[c] * roots[c]
            for c in range(channels):
                squares[reach + c] = result[c] * values[c] * roots[c] * roots[c]
            _around(squares, reach, float32(0), through)
            for c in range(channels):
                result[c] -= twice_beta_scale * values[c] * through[c]
