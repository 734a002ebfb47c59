"""Room in the spool: what is free, what of it is promised already, and how much each client may take."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ...shared.wire.errors import WireError

# Left free on the spool's disk, whatever comes, for the ledger and the log must always be able to write: so many
# bytes, but of a small disk no more than this share.
RESERVE, RESERVE_SHARE = 256 << 20, 1 / 16
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Quota:
    """What one client may have on the server at a time. jobs: unfinished ones. bytes: of pictures and results; 0: half
    the spool's disk.
    """

    jobs: int = 10_000
    bytes: int = 0


class Room:
    """Accounts for the bytes under ``folder``."""

    def __init__(self, folder: Path, quota: Quota) -> None:
        self._folder = folder
        self._taken: Counter[str] = Counter()
        self._promises: dict[bytes, int] = {}
        self._promised = 0
        whole = shutil.disk_usage(folder).total
        self._reserve = min(RESERVE, int(whole * RESERVE_SHARE))
        self._most = quota.bytes or whole // 2

    def free(self) -> int:
        """Bytes free on the spool's disk."""
        return shutil.disk_usage(self._folder).free

    def check(self, client: str, size: int) -> None:
        """Raises `WireError` NO_SPACE where ``client`` can't have ``size`` bytes more, and a result as large."""
        taken = self._taken[client]
        if taken + 2 * size > self._most:
            raise WireError(
                "NO_SPACE",
                f"Your dreams take {taken / GIB:.1f} of the {self._most / GIB:.1f} GiB you may have on the server.",
                "Wait until some are done and taken in; reverie serve --quota sets how much it is.",
            )
        if self.free() < 2 * size + self._promised + self._reserve:
            raise no_space()

    def take(self, client: str, size: int) -> None:
        """A blob of ``client``'s has come; with a negative ``size`` it has gone."""
        if client:  # what older servers left is nobody's
            self._taken[client] += size

    def promise(self, what: bytes, size: int) -> None:
        """So many bytes of ``what``, a blob or a job, are still to come."""
        self._promised += size - self._promises.pop(what, 0)
        if size:
            self._promises[what] = size


def no_space() -> WireError:
    """The error of a full disk."""
    return WireError("NO_SPACE", "The server's disk is too full for this picture.", "Make room on it, or send less.")
