"""How much may be under way on a link: what it carries, and hardly more.

Whatever waits in front of a slow link delays all that comes after it: 16 chunks of 1 MiB before a link of 1 MB/s hold a
ping up for 16 seconds. So what is under way is kept within a window of bytes, which follows the delay with which the
other side says that something has come, after LEDBAT++ (RFC 6817, draft-irtf-iccrg-ledbat-plus-plus): it doubles until
what is sent begins to queue, then grows slowly, and shrinks in proportion when the queue is longer than it should be.
"""

from __future__ import annotations

import time
from collections import deque

from .blobs import CHUNK

# The delay that may be added by a queue of our own making, in seconds.
TARGET = 0.1
# Bytes: at the beginning, at least, and at most, which is as much as any transfer has credit for.
START, LEAST, MOST = 256 << 10, 64 << 10, 16 * CHUNK
# The window holds so many pieces: with fewer the link would stand still between them.
PIECES = 8
SMALLEST = 16 << 10
# After so many seconds the shortest delay is measured anew: the way may have become another.
_BASE_AGE = 30.0


class Pace:
    """The window of one direction of one connection. Times are seconds of `time.monotonic`."""

    def __init__(self) -> None:
        self.window = START
        self._under_way: deque[tuple[float, int]] = deque()
        self._flying = 0
        self._passed = 0
        self._base = self._base_before = float("inf")
        self._base_since = 0.0
        self._doubling = True
        self._cut_at = 0.0
        self._was_full = False

    @property
    def room(self) -> bool:
        """Whether more may be sent now."""
        if self._flying < self.window:
            return True
        self._was_full = True
        return False

    @property
    def piece(self) -> int:
        """Into how many bytes at most a chunk is to be cut: a power of two, 1 MiB where the link is fast."""
        return max(SMALLEST, min(CHUNK, 1 << (self.window // PIECES).bit_length() - 1))

    def sent(self, size: int) -> None:
        """A piece of ``size`` bytes is on its way."""
        self._under_way.append((time.monotonic(), size))
        self._flying += size

    def passed(self, count: int) -> None:
        """The other side has got ``count`` pieces in all. What it can't have got is not believed."""
        now, size, delay = time.monotonic(), 0, 0.0
        while self._passed < count and self._under_way:
            sent_at, bytes_ = self._under_way.popleft()
            self._passed += 1
            size += bytes_
            delay = now - sent_at
        if size:
            self._flying -= size
            self._follow(now, delay, size)

    def _follow(self, now: float, delay: float, size: int) -> None:
        excess = delay - self._shortest(now, delay)
        if excess > TARGET:
            self._doubling = False
            if now - self._cut_at > delay:  # one cut answers for all that was under way then
                self._cut_at = now
                self.window = max(LEAST, int(self.window * (delay - excess + TARGET) / delay))
        elif self._was_full:
            growth = size if self._doubling else int(size * self.piece / self.window * (1 - excess / TARGET))
            self.window = min(MOST, self.window + growth)
            self._was_full = False

    def _shortest(self, now: float, delay: float) -> float:
        if now - self._base_since > _BASE_AGE:
            self._base_since, self._base_before, self._base = now, self._base, delay
        self._base = min(self._base, delay)
        return min(self._base, self._base_before)
