"""The two transforms of Winograd's convolution, between which there are only matrix products: see `networks.winograd`.

Tiles of 4×4 results are computed from 6×6 numbers of the input, which overlap by two; a matrix of six columns mixes the
rows of a tile, then, transposed, its columns.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import float32, int64, prange

from .compiling import FLOATS, compiled, helping, inlined

MATRIX = float32[:, ::1]


@helping
def _mix(out, weights, a, b, c, d, e, f):
    """Fill ``out`` with the sum of six vectors by their weights."""
    p, q, r, s, t, u = weights[0], weights[1], weights[2], weights[3], weights[4], weights[5]
    for k in range(out.size):
        out[k] = p * a[k] + q * b[k] + r * c[k] + s * d[k] + t * e[k] + u * f[k]


@inlined
def _sixth(line, number, channels):
    return line[number * channels : (number + 1) * channels]


@compiled(FLOATS, int64, FLOATS, MATRIX, int64, int64, int64, int64)
def transform_input(x, channel, out, matrix, rows, first, top, left):
    """Fill ``out`` with transformed tiles of ``x`` from ``channel`` on, around which there are zeros.

    out: (rows of tiles, tiles, 36, C), from row ``first`` on, of which each picture of the batch has ``rows``.
    matrix: 6×6. top, left: zeros above and to the left.
    """
    _, height, width, step = x.shape
    columns, channels = out.shape[1], out.shape[3]
    # Rows are mixed along the whole width where all channels are wanted, pixel by pixel else; columns tile by tile.
    pixels = 1 if step == channels else width
    piece = width * channels // pixels
    for row in prange(out.shape[0]):
        n, y = (first + row) // rows, (first + row) % rows * 4 - top
        picture = x[n].reshape(height, width * step)
        lines = np.zeros((6, (max(columns * 4 + 2, left + width)) * channels), np.float32)
        zeros = np.zeros(width * step, np.float32)
        a = picture[y] if 0 <= y < height else zeros
        b = picture[y + 1] if 0 <= y + 1 < height else zeros
        c = picture[y + 2] if 0 <= y + 2 < height else zeros
        d = picture[y + 3] if 0 <= y + 3 < height else zeros
        e = picture[y + 4] if 0 <= y + 4 < height else zeros
        f = picture[y + 5] if 0 <= y + 5 < height else zeros
        for pixel in range(pixels):
            at, to = pixel * step + channel, left * channels + pixel * piece
            p, q, r = a[at : at + piece], b[at : at + piece], c[at : at + piece]
            s, t, u = d[at : at + piece], e[at : at + piece], f[at : at + piece]
            for i in range(6):
                _mix(lines[i, to : to + piece], matrix[i], p, q, r, s, t, u)
        for column in range(columns):
            for i in range(6):
                line = lines[i, column * 4 * channels : (column * 4 + 6) * channels]
                a, b, c = _sixth(line, 0, channels), _sixth(line, 1, channels), _sixth(line, 2, channels)
                d, e, f = _sixth(line, 3, channels), _sixth(line, 4, channels), _sixth(line, 5, channels)
                for j in range(6):
                    _mix(out[row, column, i * 6 + j], matrix[j], a, b, c, d, e, f)


@compiled(FLOATS, FLOATS, MATRIX, float32[::1], int64, int64, numba.boolean)
def transform_output(x, out, matrix, bias, rows, first, relu):
    """Fill rows of tiles of ``out`` from products ``x``, shaped and counted as `transform_input` puts them out.

    matrix: 4×6. bias: (C,), added. relu: whether what is below zero becomes zero.
    """
    _, height, width, channels = out.shape
    for line in prange(x.shape[0]):
        n, y = (first + line) // rows, (first + line) % rows * 4
        mixed = np.empty((4, 6 * channels), np.float32)
        for column in range(x.shape[1]):
            tile = x[line, column].reshape(6, 6 * channels)
            for i in range(4):
                _mix(mixed[i], matrix[i], tile[0], tile[1], tile[2], tile[3], tile[4], tile[5])
            for i in range(min(4, height - y)):
                row = mixed[i]
                a, b, c = _sixth(row, 0, channels), _sixth(row, 1, channels), _sixth(row, 2, channels)
                d, e, f = _sixth(row, 3, channels), _sixth(row, 4, channels), _sixth(row, 5, channels)
                for j in range(min(4, width - column * 4)):
                    result = out[n, y + i, column * 4 + j]
                    _mix(result, matrix[j], a, b, c, d, e, f)
                    for k in range(channels):
                        result[k] += bias[k]
                    if relu:
                        for k in range(channels):
                            # NaN goes through, as torch lets it.
                            result[k] = float32(0) if result[k] < 0 else result[k]
