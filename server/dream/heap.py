"""The heap: memory that a dream gives back is kept for its next step.

glibc returns large blocks to the system at once and has them mapped, page by page, and zeroed at the next step. From
1024² on that took up to a fifth of a step: see docs/performance.md. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # mallopt(3)
_NEVER = 2**31 - 1
_DEFAULT_TRIM_THRESHOLD, _DEFAULT_MMAP_MAX = 128 * 1024, 65536

P = ParamSpec("P")
Event = TypeVar("Event")


def keeps_heap(dream: Callable[P, Iterator[Event]]) -> Callable[P, Iterator[Event]]:
    """Make a generator keep freed memory while it runs, and give it back to the system when it ends."""

    @functools.wraps(dream)
    def keeping(*args: P.args, **kwargs: P.kwargs) -> Iterator[Event]:
        with kept_heap():
            yield from dream(*args, **kwargs)

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
