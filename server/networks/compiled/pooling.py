"""Max pooling.

torch's own notes winners in 64 bits and scatters slopes to them one by one; here a byte names the winner within its
window, and every input gathers from the windows over it.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import float32, int64, prange, uint8

from .compiling import FLOATS, HALVES, bfloat16, compiled, inlined

BYTES = uint8[:, :, :, ::1]
PAIR = numba.types.UniTuple(int64, 2)


@compiled(FLOATS, FLOATS, BYTES, PAIR, PAIR, PAIR)
def max_pool(x, out, winners, kernel, stride, padding):
    """Fill ``out``, and ``winners`` with the place of each maximum in its window, row by row; NaN is above all."""
    batch, height, width, channels = x.shape
    rows, columns = out.shape[1:3]
    for line in prange(batch * rows):
        n, row = line // rows, line % rows
        top = row * stride[0] - padding[0]
        first, last = max(top, 0), min(top + kernel[0], height)
        for column in range(columns):
            left = column * stride[1] - padding[1]
            start, stop = max(left, 0), min(left + kernel[1], width)
            best, winner = out[n, row, column], winners[n, row, column]
            place = uint8((first - top) * kernel[1] + start - left)
            values = x[n, first, start]
            for c in range(channels):
                best[c] = values[c]
                winner[c] = place
            for i in range(first, last):
                for j in range(start, stop):
                    place = uint8((i - top) * kernel[1] + j - left)
                    values = x[n, i, j]
                    for c in range(channels):
                        value = values[c]
                        wins = (value > best[c]) | (value != value)
                        best[c] = value if wins else best[c]
                        winner[c] = place if wins else winner[c]


@inlined
def _gather(slope, winners, n, i, j, total, kernel, stride, padding):
    """Fill ``total`` with the slope by the pixel in row ``i`` and column ``j``."""
    rows, columns = slope.shape[1:3]
    channels = total.size
    # The windows over it: those that begin at most a kernel's height above it.
    first = max((i + padding[0] - kernel[0]) // stride[0] + 1, 0)
    last = min((i + padding[0]) // stride[0] + 1, rows)
    start = max((j + padding[1] - kernel[1]) // stride[1] + 1, 0)
    stop = min((j + padding[1]) // stride[1] + 1, columns)
    fresh = True
    for row in range(first, last):
        for column in range(start, stop):
            y, x = i + padding[0] - row * stride[0], j + padding[1] - column * stride[1]
            place = uint8(y * kernel[1] + x)
            slopes, winner = slope[n, row, column], winners[n, row, column]
            if fresh:
                for c in range(channels):
                    total[c] = slopes[c] if winner[c] == place else float32(0)
            else:
                for c in range(channels):
                    total[c] += slopes[c] if winner[c] == place else float32(0)
            fresh = False
    if fresh:
        for c in range(channels):
            total[c] = 0


@compiled(FLOATS, BYTES, FLOATS, PAIR, PAIR, PAIR)
def max_pool_back(slope, winners, out, kernel, stride, padding):
    """Fill ``out``, the slope by the input, from ``slope`` by what `max_pool` put out."""
    batch, height, width, _ = out.shape
    for line in prange(batch * height):
        n, i = line // height, line % height
        for j in range(width):
            _gather(slope, winners, n, i, j, out[n, i, j], kernel, stride, padding)


@compiled(FLOATS, BYTES, HALVES, PAIR, PAIR, PAIR)
def max_pool_back_halves(slope, winners, out, kernel, stride, padding):
    """The same into bfloat16, by its bits."""
    batch, height, width, channels = out.shape
    for line in prange(batch * height):
        n, i = line // height, line % height
        total = np.empty(channels, np.float32)
        bits = total.view(np.uint32)
        for j in range(width):
            _gather(slope, winners, n, i, j, total, kernel, stride, padding)
            result = out[n, i, j]
            for c in range(channels):
                result[c] = bfloat16(bits[c])
