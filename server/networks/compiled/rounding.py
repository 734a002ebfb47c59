"""ReLU's way back into bfloat16 in one pass over memory."""

from __future__ import annotations

import numpy as np
from numba import prange, uint16, uint32

from .compiling import FLOATS, compiled

HALVES = uint16[:, :, :, ::1]

_CHUNK = 1 << 14  # numbers at a time, to a thread


@compiled(FLOATS, FLOATS, HALVES)
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
