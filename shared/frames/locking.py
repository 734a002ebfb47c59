"""Files that one process at a time may call its own, until it closes them or ends, however it ends."""

from __future__ import annotations

import errno
import os

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
# Windows locks bytes, and keeps others from reading them: one far behind the end is no loss.
_FAR = 2**30


def lock(file: int) -> bool:
    """Take the open file for one's own; False when somebody else has it."""
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            os.lseek(file, _FAR, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError as error:
        # Some network drives know no locks: there nobody is kept out.
        return error.errno not in _HELD
    return True
