"""How much of a frame's work is done."""

from __future__ import annotations

from ...shared.settings import DreamSettings
from .appearing import Box


class Work:
    """Counts the work done, by the pixels of the pieces and the steps taken on them."""

    def __init__(
        self, pieces: list[Box], size: tuple[int, int], settings: DreamSettings, gentle: DreamSettings | None
    ) -> None:
        self._settings = settings
        self._further = size[0] * size[1] * gentle.iterations if gentle else 0
        self._total = max(1, sum(self._of(piece) for piece in pieces) + self._further)
        self._done = 0

    def share(self, piece: Box | None, part: float) -> float:
        """The share of the whole with that part of a piece; of what comes after all pieces: None."""
        return (self._done + part * (self._further if piece is None else self._of(piece))) / self._total

    def finish(self, piece: Box) -> None:
        """A piece is done."""
        self._done += self._of(piece)

    def _of(self, piece: Box) -> int:
        rows, columns = piece
        return (rows.stop - rows.start) * (columns.stop - columns.start) * self._settings.iterations
