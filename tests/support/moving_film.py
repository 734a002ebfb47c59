"""A film whose every motion is known: a block that moves before a wall that moves."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reverie.server.coherence.scene import Scene, grid

WALL, BLOCK = 7, 3


@dataclass(frozen=True)
class MovingFilm:
    """wall, block: (x, y) moved a frame, in pixels. start: of the block's upper left corner in frame 0; side: its."""

    size: tuple[int, int] = (40, 56)
    wall: tuple[float, float] = (0.0, 0.0)
    block: tuple[float, float] = (2.0, 0.0)
    start: tuple[float, float] = (4.0, 10.0)
    side: int = 14

    def covered(self, frame: int) -> Tensor:
        """Where the block is, HxW bool."""
        x, y = grid(self.size, torch.device("cpu"))
        left, top = (at + frame * by for at, by in zip(self.start, self.block, strict=True))
        return (x >= left) & (x < left + self.side) & (y >= top) & (y < top + self.side)

    def scene(self, frame: int) -> Scene:
        place, covered = grid(self.size, torch.device("cpu")), self.covered(frame)
        moved = torch.where(covered, _column(self.block), _column(self.wall)).float()
        seen = torch.where(
            covered,
            _pattern(place - frame * _column(self.block), 2.0),
            _pattern(place - frame * _column(self.wall), 0.0),
        )
        depth = torch.where(covered, 2.0, 5.0)
        objects = torch.where(covered, BLOCK, WALL).int()
        return Scene(seen[None], -moved, moved, depth, objects)


def _column(way: tuple[float, float]) -> Tensor:
    return torch.tensor(way).view(2, 1, 1)


def _pattern(place: Tensor, phase: float) -> Tensor:
    """Smooth waves, 3xHxW, 0..1, at any place."""
    x, y = place
    waves = [
        (0.31 * x + 0.17 * y + phase).sin() * (0.23 * y - phase).cos(),
        (0.2 * x - 0.4 * y).sin(),
        (0.37 * y + phase + 0.1 * x).cos(),
    ]
    return 0.5 + 0.3 * torch.stack(waves)
