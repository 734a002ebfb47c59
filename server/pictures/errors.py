"""What can go wrong while pictures are made."""

from __future__ import annotations


class PicturesError(Exception):
    """``str()`` says what happened in one sentence, ``hint`` what to do about it in another."""

    def __init__(self, problem: str, hint: str) -> None:
        # Both, so that it can come back from a process of the pool.
        super().__init__(problem, hint)
        self.hint = hint

    def __str__(self) -> str:
        return self.args[0]


class RequestError(PicturesError, ValueError):
    """What was asked for can't be made."""
