"""What an artist can meet: a sentence on what happened and one on what to do."""

from __future__ import annotations


class Problem(Exception):
    """Something that keeps a dream from starting or arriving. ``hint`` says what to do, and may be empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint
