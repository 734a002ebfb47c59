"""Pooling, local response normalisation and ReLU's way back on a CPU, compiled by numba when this is imported.

torch's own max pooling notes winners in 64 bits and scatters slopes to them one by one; here a byte names the winner
within its window, and every input gathers from the windows over it. All arrays are C-contiguous (N, H, W, C), float32
unless said otherwise: channels lie side by side, so inner loops run over them. Every row is computed by one thread, in
a fixed order, so the same input gives the same bytes on any number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import float32, int64, prange, uint8, uint16, uint32, void

# GNU OpenMP is what torch computes with: with one pool for both, no thread of one spins while the other's works.
numba.config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]  # type: ignore[attr-defined]

_FLOATS = float32[:, :, :, ::1]
_BYTES = uint8[:, :, :, ::1]
_HALVES = uint16[:, :, :, ::1]
_PAIR = numba.types.UniTuple(int64, 2)

_CHUNK = 1 << 14  # numbers at a time, to a thread


def _compiled(*signature: Any) -> Callable[[Callable], Callable]:
    """Compile at once, and keep the result for later processes wherever a folder can be written."""
    options = {"parallel": True, "nogil": True, "error_model": "numpy"}

    def compile_(kernel: Callable) -> Callable:
        try:
            return numba.njit(void(*signature), cache=True, **options)(kernel)
        except (RuntimeError, OSError):  # no place for a cache
            return numba.njit(void(*signature), **options)(kernel)

    return compile_


def use_threads(number: int) -> None:
    """Run what follows on that many threads, or as many as there are."""
    numba.set_num_threads(min(number, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]


@_compiled(_FLOATS, _FLOATS, _BYTES, _PAIR, _PAIR, _PAIR)
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


@_compiled(_FLOATS, _BYTES, _FLOATS, _PAIR, _PAIR, _PAIR)
def max_pool_back(slope, winners, out, kernel, stride, padding):
    """Fill ``out``, the slope by the input, from ``slope`` by what `max_pool` put out."""
    batch, height, width, channels = out.shape
    rows, columns = slope.shape[1:3]
    for line in prange(batch * height):
        n, i = line // height, line % height
        # The windows over this row: those that begin at most a kernel's height above it.
        first = max((i + padding[0] - kernel[0]) // stride[0] + 1, 0)
        last = min((i + padding[0]) // stride[0] + 1, rows)
        for j in range(width):
            start = max((j + padding[1] - kernel[1]) // stride[1] + 1, 0)
            stop = min((j + padding[1]) // stride[1] + 1, columns)
            total = out[n, i, j]
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


@_compiled(_FLOATS, _FLOATS, int64, float32, numba.boolean, float32)
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


@_compiled(_FLOATS, _FLOATS, _FLOATS, int64, float32, numba.boolean, float32)
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


@_compiled(_FLOATS, _FLOATS, _HALVES)
def relu_back_bfloat16(slope, result, out):
    """Fill ``out``, bfloat16 by its bits, with ``slope`` where ``result`` is above zero, and with zero elsewhere."""
    bits, results, outs = slope.reshape(-1).view(np.uint32), result.reshape(-1), out.reshape(-1)
    for part in prange((bits.size + _CHUNK - 1) // _CHUNK):
        chunk = slice(part * _CHUNK, min(part * _CHUNK + _CHUNK, bits.size))
        old, kept, new = bits[chunk], results[chunk], outs[chunk]
        for i in range(old.size):
            number = old[i]
            # To the nearest, halves to even; a NaN stays one.
            rounded = (number + uint32(0x7FFF) + ((number >> uint32(16)) & uint32(1))) >> uint32(16)
            rounded = uint32(0x7FC0) if (number & uint32(0x7FFFFFFF)) > uint32(0x7F800000) else rounded
            new[i] = uint16(rounded if kept[i] > 0 else uint32(0))
