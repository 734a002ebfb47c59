"""What can go wrong with a file. ``str()`` says what happened in one sentence, ``hint`` what to do in another."""

from __future__ import annotations


class ReadError(ValueError):
    """The file is no picture that can be dreamed."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


class WriteError(Exception):
    """The picture could not be written; nothing is left behind."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint
