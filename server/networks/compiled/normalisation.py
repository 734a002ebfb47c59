"""Local response normalisation in one pass over memory."""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import float32, int64, prange

from .compiling import FLOATS, compiled


@numba.njit(nogil=True, error_model="numpy", inline="always")
def _roots(x, squares, roots, reach, scale, k):
    """``roots``: 1 / sqrt(k + scale * sum of x² over the neighbours); ``squares`` has ``reach`` zeros at both ends."""
    channels = x.size
    for c in range(channels):
        squares[reach + c] = scale * x[c] * x[c]
    for c in range(channels):
        roots[c] = k
    for shift in range(2 * reach + 1):
        shifted = squares[shift : shift + channels]
        for c in range(channels):
            roots[c] += shifted[c]
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
                through[c] = 0
            for shift in range(2 * reach + 1):
                shifted = squares[shift : shift + channels]
                for c in range(channels):
                    through[c] += shifted[c]
            for c in range(channels):
                result[c] -= twice_beta_scale * values[c] * through[c]
