"""Memory taken by messages that never end.

A message may have any number of frames, and ZeroMQ keeps them until the last is there, whatever its high-water mark: a
client that sends frames for ever fills the memory without ever being heard. Nothing tells whose they are, so the
connections are all closed: clients come back by themselves, and lose nothing by it.
"""

from __future__ import annotations

import os
from pathlib import Path

# More than all that many clients may have under way, in bytes.
LIMIT = 768 << 20

_STATM = Path("/proc/self/statm")


class Hoard:
    """Watches the memory of this process, where the system tells of it."""

    def __init__(self) -> None:
        self._low: int | None = None

    def grown(self) -> bool:
        """Whether far more is held than was once enough. What is not given back after that is not counted again."""
        held = _own_memory()
        if held is None:
            return False
        self._low = min(held, self._low or held)
        if held < self._low + LIMIT:
            return False
        self._low = held
        return True


def _own_memory() -> int | None:
    """Bytes of this process that are no file's."""
    try:
        _, resident, shared, *_ = map(int, _STATM.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return None
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")
