"""How much may be under way on a link: what it carries, and hardly more.

Whatever waits in front of a slow link delays all that comes after it: 16 chunks of 1 MiB before a link of 1 MB/s hold a
ping up for 16 seconds. So what is under way is kept within a window of bytes, which follows the delay with which the
other side says that something has come, after LEDBAT++ (RFC 6817, draft-irtf-iccrg-ledbat-plus-plus): it doubles until
what is sent begins to queue, then grows slowly, and shrinks in proportion when the queue is longer than it should be.
Of each round trip the shortest delay counts, as in RFC 6817: a packet that was lost holds a few up, a queue all.
"""

from __future__ import annotations

import time
from collections import deque

from .blobs import CHUNK

# The delay that may be added by a queue of our own making, in seconds.
TARGET = 0.06
# Bytes: at the beginning, at least, and at most, which is as much as any transfer has credit for.
START, LEAST, MOST = 128 << 10, 64 << 10, 16 * CHUNK
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
        self._flying = self._passed = 0
        self._base = self._base_before = float("inf")
        self._base_since = 0.0
        self._doubling = True
        # The round trip at hand: when it ends, what passed in it, the shortest delay, and whether the window was full.
        self._round_end = 0.0
        self._round_bytes = 0
        self._shortest = float("inf")
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
        now, delay = time.monotonic(), 0.0
        while self._passed < count and self._under_way:
            sent_at, size = self._under_way.popleft()
            self._passed += 1
            self._flying -= size
            self._round_bytes += size
            delay = now - sent_at
            self._shortest = min(self._shortest, delay)
        if delay:
            self._remember(now, delay)
            if now >= self._round_end:
                self._round_end = now + self._follow(delay)
                self._round_bytes, self._shortest, self._was_full = 0, float("inf"), False

    def _follow(self, latest: float) -> float:
        """Set the window anew at the end of a round trip; returns how long the next is."""
        base = min(self._base, self._base_before)
        queued = self._shortest - base
        self._doubling &= latest - base < TARGET / 2
        if queued > TARGET:
            self.window = max(LEAST, int(self.window * (base + TARGET) / self._shortest))
        elif self._was_full:
            growth = self._round_bytes if self._doubling else int(self.piece * (1 - queued / TARGET))
            self.window = min(MOST, self.window + growth)
        return latest  # until then comes what was sent before

    def _remember(self, now: float, delay: float) -> None:
        if now - self._base_since > _BASE_AGE:
            self._base_since, self._base_before, self._base = now, self._base, delay
        self._base = min(self._base, delay)
