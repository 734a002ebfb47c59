"""The heap: memory that a dream gives back is kept for its next step.

glibc returns large blocks to the system at once and has them mapped, page by page, and zeroed at the next step. From
1024² on that took up to a fifth of a step: see docs/performance.md. A kept heap has gaps, which cost memory, so a
picture too large for that to be spared is dreamed as ever. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Concatenate, ParamSpec, TypeVar

from torch import Tensor

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # mallopt(3)
_NEVER = 2**31 - 1
_DEFAULT_TRIM_THRESHOLD, _DEFAULT_MMAP_MAX = 128 * 1024, 65536

_MOST_NUMBERS = 3 * 1536 * 1536

P = ParamSpec("P")
Event = TypeVar("Event")


def keeps_heap(
    dream: Callable[Concatenate[Tensor, P], Iterator[Event]],
) -> Callable[Concatenate[Tensor, P], Iterator[Event]]:
    """Make a generator that dreams on a picture keep freed memory while it runs, and give it back when it ends."""

    @functools.wraps(dream)
    def keeping(picture: Tensor, *args: P.args, **kwargs: P.kwargs) -> Iterator[Event]:
        with kept_heap() if picture.numel() <= _MOST_NUMBERS else nullcontext():
            yield from dream(picture, *args, **kwargs)

    return keeping


@contextmanager
def kept_heap() -> Iterator[None]:
    """While it is entered, freed memory stays with the process. May be nested."""
    global _depth
    libc = _glibc()
    if libc is None:
        yield
        return
    _depth += 1
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        _depth -= 1
        if _depth == 0:
            libc.mallopt(_MMAP_MAX, _DEFAULT_MMAP_MAX)
            libc.mallopt(_TRIM_THRESHOLD, _DEFAULT_TRIM_THRESHOLD)
            libc.malloc_trim(0)


_depth = 0


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
