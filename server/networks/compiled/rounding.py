"""ReLU's way back into bfloat16 in one pass over memory."""

from __future__ import annotations

from numba import int64, prange, uint16, uint32

from .compiling import FLOATS, HALVES, bfloat16, compiled

WORDS = uint32[:, :, :, ::1]


def _relu_back(slope, slope_at, result, result_at, out, out_at, channels):
    """Fill ``out``, bfloat16 by its bits, with ``slope`` where ``result`` is above zero, and with zero elsewhere.

    slope: float32 or bfloat16, by its bits. Each is given whole, with the first of the ``channels`` that are meant.
    """
    _, height, width, _ = out.shape
    rounds = slope.itemsize == 4
    # Along whole rows where all channels are meant, pixel by pixel else.
    all_ = channels == slope.shape[3] == result.shape[3] == out.shape[3]
    pixels, length = (1, width * channels) if all_ else (width, channels)
    for line in prange(out.shape[0] * height):
        n, y = line // height, line % height
        slopes, results, outs = slope[n, y].reshape(-1), result[n, y].reshape(-1), out[n, y].reshape(-1)
        for pixel in range(pixels):
            at = pixel * slope.shape[3] + slope_at
            old = slopes[at : at + length]
            at = pixel * result.shape[3] + result_at
            kept = results[at : at + length]
            at = pixel * out.shape[3] + out_at
            new = outs[at : at + length]
            for i in range(length):
                bits = bfloat16(old[i]) if rounds else uint16(old[i])
                new[i] = bits if kept[i] > 0 else uint16(0)


relu_back_floats = compiled(WORDS, int64, FLOATS, int64, HALVES, int64, int64)(_relu_back)
relu_back_halves = compiled(HALVES, int64, FLOATS, int64, HALVES, int64, int64)(_relu_back)
