"""What can go wrong with a file."""

from __future__ import annotations


class MediaError(Exception):
    """``str()`` says what happened in one sentence, ``hint`` what to do about it in another."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


class PathError(MediaError, ValueError):
    """The path can't be that of a picture."""


class ReadError(MediaError, ValueError):
    """The file holds no picture that can be dreamed."""


class WriteError(MediaError):
    """The picture could not be written; nothing is left behind."""
