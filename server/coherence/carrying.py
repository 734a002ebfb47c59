"""Carrying a dream from the frame before into this one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .following import Trail
from .memory import Memory
from .sampling import Texture
from .scene import Scene, grid, shifted

# Offsets of neighbours on one surface differ by less than this, in pixels.
_FOLD = 2.0
# How many marks there are for objects: a prime.
_MARKS = 251


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """Where this frame's detail comes from; as in `Memory`. What is not ripe comes from nowhere."""

    page: Tensor
    offset: Tensor
    ripe: Tensor


def carry(memory: Memory, trail: Trail, scene: Scene) -> Carried:
    """The pages of ``memory`` as they are to be read in ``scene``, the frame at the near end of ``trail``.

    A place on a page where another object was dreamed, or that is beyond its edge, is not ripe. From one frame to the
    next that could not be told, where something comes from behind an edge more slowly than a pixel a frame.
    """
    height, width = memory.size
    page, offset = memory.page.flatten(), memory.offset.flatten(1)
    here = grid((height, width), page.device).flatten(1)
    gap = (offset[:, trail.taps] - offset[:, trail.best][:, None]).abs().amax(0)
    weights = trail.weights * ((page[trail.taps] == page[trail.best]) & (gap < _FOLD))
    weights /= weights.sum(0).clamp_min(1e-12)
    mixed = (offset[:, trail.taps] * weights).sum(1)
    moved = torch.where(trail.known, trail.places - here + mixed, 0.0)
    page = page[trail.best]
    ripe = memory.ripe.flatten()[trail.best] & trail.known
    ripe &= shown(memory.marks, page, here + moved, marks_of(scene).flatten())
    shape = (height, width)
    return Carried(page.view(shape), moved.view(2, *shape), ripe.view(shape))


def marks_of(scene: Scene) -> Tensor:
    """The objects as bytes, by which neighbours differ well enough: HxW uint8; all alike where nobody knows them."""
    if scene.objects is None:
        return torch.zeros(scene.seen.shape[-2:], dtype=torch.uint8, device=scene.seen.device)
    return (scene.objects % _MARKS).to(torch.uint8)


def shown(marks: Tensor, page: Tensor, places: Tensor, mark: Tensor) -> Tensor:
    """Whether what has that ``mark`` is at N ``places`` (2xN) on the pages ``page``, or within a pixel of them."""
    height, width = marks.shape[-2:]
    inside = ((places > -0.5) & (places < places.new_tensor([[width], [height]]) - 0.5)).all(0)
    found = torch.zeros_like(inside)
    column, row = places.floor().long()
    flat, first = marks.flatten(), page.long() * (height * width)
    for right in (0, 1):
        for down in (0, 1):
            at = (row + down).clamp(0, height - 1) * width + (column + right).clamp(0, width - 1)
            found |= flat[first + at] == mark
    return inside & found


def spread(detail: Tensor, ripe: Tensor, objects: Tensor | None, rounds: int) -> tuple[Tensor, Tensor]:
    """``detail`` (3xHxW) with what is not ``ripe`` (HxW bool) made up from what is around, ``rounds`` pixels far.

    Of the same object where that can be. Also returns what it is known for now, HxW bool; elsewhere it is 0.
    """
    detail, known = torch.where(ripe, detail, 0.0), ripe
    for own in (objects, None) if objects is not None else (None,):
        for _ in range(rounds):
            total, count = torch.zeros_like(detail), torch.zeros_like(detail[0])
            for axis, step in ((-1, 1), (-1, -1), (-2, 1), (-2, -1)):
                near = shifted(known, axis, step, False)
                if own is not None:
                    near &= shifted(own, axis, step, 0) == own
                total += torch.where(near, shifted(detail, axis, step, 0.0), 0.0)
                count += near
            reached = ~known & (count > 0)
            detail = torch.where(reached, total / count.clamp_min(1), detail)
            known = known | reached
    return detail, known


class Album:
    """The pages of a memory (Kx3xHxW), to be read anywhere."""

    def __init__(self, pages: Tensor) -> None:
        self.pages = pages
        self._textures: dict[int, Texture] = {}

    def at(self, page: Tensor, places: Tensor) -> Tensor:
        """What is at N ``places`` (2xN, x and y) on the pages ``page`` (N): 3xN float32."""
        detail = places.new_zeros(3, places.shape[1])
        for number in page.unique().tolist():
            some = (page == number).nonzero()[:, 0]
            detail[:, some] = self._texture(number).at(*places[:, some])
        return detail

    def _texture(self, number: int) -> Texture:
        if number not in self._textures:
            self._textures[number] = Texture(self.pages[number])
        return self._textures[number]


def detail_of(album: Album, carried: Carried) -> Tensor:
    """The detail, 3xHxW float32, 0 where none is ripe."""
    height, width = carried.page.shape
    places = (grid((height, width), carried.page.device) + carried.offset).flatten(1)
    ripe = carried.ripe.flatten()
    detail = places.new_zeros(3, height * width)
    detail[:, ripe] = album.at(carried.page.flatten()[ripe], places[:, ripe])
    return detail.view(3, height, width)
