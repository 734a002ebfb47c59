"""What the line to a server carries, as measured while pictures are sent, and how they travel best on one like it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

# Packing moves 250 to 400 MB/s: beyond a third or half of that, bytes are sooner there than packed.
PACK_BELOW = 150e6
# On this computer it is the dream that those cores are for; what is slow there is a tunnel to elsewhere.
LOCAL_PACK_BELOW = 40e6
# Halves round what is dreamed, which a faster line does not need.
NARROW_BELOW = 30e6
# What took less than the one and was less than the other says nothing: it may all have been in buffers.
_LEAST_SECONDS, _LEAST_BYTES = 0.05, 8 << 20
# What artists may wish for.
FORMS = ("auto", "exact", "half")


@dataclass(frozen=True, slots=True)
class Way:
    """How pictures travel. pack: chunks are made smaller, without loss. narrow: floats go as halves or bytes."""

    pack: bool
    narrow: bool

    def __str__(self) -> str:
        how = " and ".join(["packed"] * self.pack + ["with floats as halves"] * self.narrow)
        return f"Pictures travel {how or 'as they are'}."


def choose(form: str, local: bool, rate: float | None) -> Way:
    """How pictures travel on a line that carries ``rate`` bytes a second, None where that is not known yet.

    form: the artist's wish. "exact": floats stay as they are. "half": they never do. "auto": they are narrowed only on
    the way to another computer and if that way is slow, as it counts until it has shown that it is not. So what is
    dreamed on this computer never depends on how busy that is. local: whether the server is on this computer, or seems
    to be: a tunnel may end there.
    """
    slow = not local if rate is None else rate < (LOCAL_PACK_BELOW if local else PACK_BELOW)
    crawling = rate is None or rate < NARROW_BELOW
    return Way(pack=slow, narrow=form == "half" or (form == "auto" and not local and crawling))


class Line:
    """Measures how fast chunks are acknowledged while there is always another one under way.

    rate: bytes a second to the server, None until it is known. plain, packed: how many bytes pictures had and how many
    of them travelled, both ways. Sender's delivery rate, with samples left out while the sender itself is what is slow:
    draft-cheng-iccrg-delivery-rate-estimation.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate: float | None = None
        self.plain = self.packed = 0
        self._clock = clock
        self._under_way: dict[tuple[bytes, int], int] = {}
        # Since the first acknowledgement from when on the line has never stood idle.
        self._since: float | None = None
        self._bytes = 0

    def __str__(self) -> str:
        rate = f"{self.rate / 1e6:.1f} MB/s" if self.rate else "Not measured yet"
        return f"{rate}, {self.packed / self.plain:.0%} of the bytes sent" if self.packed < self.plain else rate

    def sent(self, blob: bytes, at: int, size: int, travelling: int) -> None:
        """A chunk of ``size`` bytes is on its way, as ``travelling`` ones."""
        self._under_way[blob, at] = travelling
        self.moved(size, travelling)

    def moved(self, size: int, travelling: int) -> None:
        """A chunk was sent or has come."""
        self.plain += size
        self.packed += travelling

    def acknowledged(self, blob: bytes, at: int, last: bool = False) -> None:
        """A chunk has arrived there. last: with it the blob is whole, for which the server has waited for its disk."""
        size, now = self._under_way.pop((blob, at), 0), self._clock()
        if self._since is None:
            self._since, self._bytes = now, 0
        elif not last:
            self._bytes += size
            seconds = now - self._since
            if seconds >= _LEAST_SECONDS or self._bytes >= _LEAST_BYTES:
                self.rate = self._bytes / max(seconds, 1e-6)
        if not self._under_way:
            self._since = None

    def broken(self) -> None:
        """What was under way is lost."""
        self._under_way.clear()
        self._since = None
