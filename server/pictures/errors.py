"""What can go wrong while pictures are made."""

from __future__ import annotations


class PicturesError(Exception):
    """``str()`` says what happened in one sentence, ``hint`` what to do about it in another."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


class RequestError(PicturesError, ValueError):
    """What was asked for can't be made."""
