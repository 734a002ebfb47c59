"""What is behind that which is seen: dreams that are covered for a while, and come back.

Nobody sees how a covered surface moves, but as long as some of its object is in sight that is known there, and going
on smoothly behind what covers it. So the dream of what was covered moves along unseen, and where the object comes
into sight again it has the dream that it had.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .carrying import Album, Carried, marks_of, shown
from .following import Trail
from .memory import Memory
from .sampling import Texture
from .scene import Scene, grid

# So many pixels of an object tell its motion, and no more of them are needed;
_ENOUGH, _PLENTY = 64, 4096
# this far from them, in pixels, the smooth motion may be on average, or it is not what moves the object.
_ASTRAY = 0.5
# The largest objects are remembered, so many of them.
_OBJECTS = 8
# So far from the motion of the larger part, in pixels, a pixel still moves with it.
_LEVEL = 1.0
# Nearer to a pixel's centre than this, in pixels, a place is at it.
_AT = 1e-2
# No object at all.
NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """detail, behind: `Memory`'s ``hidden`` and ``behind`` of this frame.

    back: HxW bool, what has come back into sight, and ``returned``, 3xHxW, its old detail.
    """

    detail: Tensor
    behind: Tensor
    back: Tensor
    returned: Tensor


def look_behind(scene: Scene, surfaces: Tensor, memory: Memory, album: Album, trail: Trail, held: Carried) -> Hidden:
    """What this frame hides, and which of the pixels that are not ripe an older dream has been kept for.

    surfaces: what `surfaces_of` tells of this frame. album: of the memory's pages. held: what could be carried. Pixels
    that were in sight, but whose own motion leads astray, are led home in it.
    """
    device = surfaces.device
    height, width = size = memory.size
    found = Hidden(
        torch.zeros(3, height, width, device=device),
        torch.full(size, NOBODY, dtype=torch.int32, device=device),
        torch.zeros(size, dtype=torch.bool, device=device),
        torch.zeros(3, height, width, device=device),
    )
    page, offset, missing = memory.page.flatten(), memory.offset.flatten(1), ~held.ripe
    marks = marks_of(scene)
    concealed = None if memory.hidden is None else Texture(memory.hidden)
    for number in _largest(memory.surfaces):
        here = surfaces == number
        motion = _smooth_motion(scene, here & trail.known.view(size))
        if motion is None or motion.astray > _ASTRAY:
            continue
        places = grid(size, device) + motion.back
        nearest = places.round()
        inside = ((nearest >= 0) & (nearest <= places.new_tensor([width - 1, height - 1]).view(2, 1, 1))).all(0)
        x, y = nearest.long()
        index = (y.clamp(0, height - 1) * width + x.clamp(0, width - 1)).flatten()
        showed = (memory.surfaces == number) & memory.ripe
        seen = inside & showed.flatten()[index].view(size)
        # Of several things behind one another the largest is kept.
        free = ~here & (found.behind == NOBODY)
        covered = seen & free
        pixels = index[covered.flatten()]
        found.detail[:, covered] = album.at(page[pixels], places[:, covered] + offset[:, pixels])
        astray = here & missing & _all_around(showed, places)
        pixels, led = index[astray.flatten()], places[:, astray]
        held.page[astray] = page[pixels]
        held.offset[:, astray] = motion.back[:, astray] + offset[:, pixels]
        held.ripe[astray] = shown(memory.marks, page[pixels], led + offset[:, pixels], marks[astray])
        if memory.behind is not None and concealed is not None:
            unseen = inside & ~seen & (memory.behind == number).flatten()[index].view(size)
            still, back = unseen & free, unseen & here & missing & ~astray
            found.detail[:, still] = concealed.at(*places[:, still])
            found.returned[:, back] = concealed.at(*places[:, back])
            covered |= still
            found.back[back] = True
        found.behind[covered] = number
    return found


def surfaces_of(scene: Scene, trail: Trail | None) -> Tensor:
    """Which surface each pixel shows, HxW int32: an object's number, or `NOBODY` for what is not remembered.

    Where nobody knows the objects, all that moves with the larger part of the picture is one: a background.
    """
    if scene.objects is not None:
        return scene.objects
    everywhere = torch.zeros(scene.seen.shape[-2:], dtype=torch.int32, device=scene.seen.device)
    if trail is None or scene.back is None:
        return everywhere
    known = trail.known.view(everywhere.shape)
    median = scene.back.flatten(1)[:, trail.known].median(1).values if known.any() else scene.back.new_zeros(2)
    astray = torch.linalg.vector_norm(scene.back - median.view(2, 1, 1), dim=0)
    for bound in (4 * _LEVEL, 2 * _LEVEL, _LEVEL):
        motion = _smooth_motion(scene, known & (astray < bound))
        if motion is None:
            break
        astray = torch.linalg.vector_norm(scene.back - motion.back, dim=0)
    # What has just appeared has no motion to be known by, and was behind something: it is taken for background.
    return torch.where(known & (astray > _LEVEL), NOBODY, everywhere)


def _largest(objects: Tensor) -> list[int]:
    numbers, counts = objects[objects != NOBODY].unique(return_counts=True)
    order = counts.argsort(descending=True, stable=True)[:_OBJECTS]
    return numbers[order[counts[order] >= _ENOUGH]].tolist()


@dataclass(frozen=True, slots=True, eq=False)
class _Smooth:
    """A motion back, 2xHxW, and how far from it, in pixels, what it was fitted to is on average."""

    back: Tensor
    astray: float


def _smooth_motion(scene: Scene, where: Tensor) -> _Smooth | None:
    """The motion of the object that is seen ``where`` (HxW bool), as a quadratic of the place; None of too few pixels.

    To second order that is how a plane moves in a picture, however camera and plane move (Longuet-Higgins and Prazdny,
    "The interpretation of a moving retinal image", 1980).
    """
    assert scene.back is not None
    some = where.flatten().nonzero()[:, 0]
    if some.numel() < _ENOUGH:
        return None
    some = some[:: -(-some.numel() // _PLENTY)]
    height, width = where.shape
    x, y = (grid(where.shape, where.device) / max(height, width)).double()
    basis = torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y])
    known, moved = basis.flatten(1)[:, some].T, scene.back.flatten(1)[:, some].T.double()
    # By the normal equations, held a little towards nothing where an object is too thin to tell.
    square = known.T @ known + 1e-6 * known.shape[0] * torch.eye(6, dtype=known.dtype, device=known.device)
    factors = torch.linalg.solve(square, known.T @ moved)
    back = (basis.flatten(1).T @ factors).T.reshape(2, height, width).float()
    return _Smooth(back, (known @ factors - moved).abs().mean().item())


def _all_around(showed: Tensor, places: Tensor) -> Tensor:
    """Whether all pixels that ``places`` (2xHxW) lie between ``showed`` (HxW bool) it; at a pixel, that one alone.

    Along the edge of a thing in front, a renderer mixes the motion of both.
    """
    height, width = showed.shape
    low, high = (places + _AT).floor().long(), (places - _AT).ceil().long()
    inside = (low[0] >= 0) & (low[1] >= 0) & (high[0] < width) & (high[1] < height)
    around = inside
    for x in (low[0], high[0]):
        for y in (low[1], high[1]):
            around = around & showed[y.clamp(0, height - 1), x.clamp(0, width - 1)]
    return around
