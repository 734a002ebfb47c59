"""How kernels are compiled, and on how many threads they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba import float32, uint16, uint32, void

# Not Intel's, which can't be entered from two threads; each of the other two has threads beside torch's own.
numba.config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]  # type: ignore[attr-defined]

FLOATS = float32[:, :, :, ::1]
HALVES = uint16[:, :, :, ::1]

_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}

inlined = numba.njit(inline="always", **_OPTIONS)
helping = numba.njit(**_OPTIONS)


def compiled(*signature: Any) -> Callable[[Callable], Callable]:
    """Compile at once, and keep the result for later processes wherever a folder can be written."""

    def compile_(kernel: Callable) -> Callable:
        try:
            return numba.njit(void(*signature), cache=True, parallel=True, **_OPTIONS)(kernel)
        except (RuntimeError, OSError):  # no place for a cache
            return numba.njit(void(*signature), parallel=True, **_OPTIONS)(kernel)

    return compile_


@inlined
def bfloat16(number):
    """The bits of a float32 to those of a bfloat16: to the nearest, halves to even; a NaN stays one."""
    rounded = (number + uint32(0x7FFF) + ((number >> uint32(16)) & uint32(1))) >> uint32(16)
    return uint16(uint32(0x7FC0) if (number & uint32(0x7FFFFFFF)) > uint32(0x7F800000) else rounded)


def use_threads(number: int) -> None:
    """Run what follows on that many threads, or as many as there are."""
    numba.set_num_threads(min(number, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
