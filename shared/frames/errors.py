"""What an artist is told when a batch can't begin, or has to stop."""

from __future__ import annotations

import errno
from pathlib import Path

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
GOES_ON = "The same again goes on where it stopped."


class BatchError(ValueError):
    """A batch that can't begin as it is asked for. ``str()`` says why in one sentence, ``hint`` what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


class FrameError(Exception):
    """One frame can't be dreamed; the others may. ``str()`` says why, ``hint`` what to do."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


class Stopped(Exception):
    """No frame can be dreamed any more. ``str()`` says why, ``hint`` what to do."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def unwritten(folder: Path, error: OSError) -> Stopped:
    """Why nothing can be written in ``folder``, and what to do."""
    if error.errno in _FULL:
        return Stopped(f"The disk of {folder} is full", f"Make room on it. {GOES_ON}")
    return Stopped(f"{folder} can't be written: {error.strerror or error}", f"Put that right. {GOES_ON}")
