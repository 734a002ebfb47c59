"""What is behind that which is seen: dreams that are covered for a while, and come back.

Nobody sees how a covered surface moves, but as long as some of its object is in sight that is known there, and going
on smoothly behind what covers it. So the dream of what was covered moves along unseen, and where the object comes
into sight again it has the dream that it had.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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


def look_behind(scene: Scene, before: Scene, memory: Memory, trail: Trail, missing: Tensor) -> Hidden | None:
    """What this frame hides, and which of the pixels ``missing`` (HxW bool) an older dream has been kept for.

    None where objects can't be told apart.
    """
    if scene.objects is None or before.objects is None:
        return None
    device = scene.objects.device
    height, width = size = memory.size
    found = Hidden(
        torch.zeros(3, height, width, device=device),
        torch.full(size, NOBODY, dtype=torch.int64, device=device),
        torch.zeros(size, dtype=torch.bool, device=device),
        torch.zeros(3, height, width, device=device),
    )
    for number in _largest(before.objects):
        here = scene.objects == number
        motion = _smooth_motion(scene, here & trail.known.view(size))
        if motion is None:
            continue
        places = grid(size, device) + motion
        nearest = places.round()
        inside = ((nearest >= 0) & (nearest <= places.new_tensor([width - 1, height - 1]).view(2, 1, 1))).all(0)
        x, y = nearest.long()
        index = (y.clamp(0, height - 1) * width + x.clamp(0, width - 1)).flatten()
        seen = inside & ((before.objects == number) & memory.ripe).flatten()[index].view(size)
        unseen = torch.zeros_like(seen)
        if memory.behind is not None:
            unseen = inside & ~seen & (memory.behind == number).flatten()[index].view(size)
        for kept, of in ((seen, _seen_detail), (unseen, _hidden_detail)):
            covered, returning = kept & ~here, kept & here & missing
            for some, detail in ((covered, found.detail), (returning, found.returned)):
                if some.any():
                    detail[:, some] = of(memory, places[:, some], index[some.flatten()])
            found.behind[covered] = number
            found.back[returning] = True
    return found


def _largest(objects: Tensor) -> list[int]:
    numbers, counts = objects.unique(return_counts=True)
    order = counts.argsort(descending=True, stable=True)[:_OBJECTS]
    return numbers[order[counts[order] >= _ENOUGH]].tolist()


def _smooth_motion(scene: Scene, where: Tensor) -> Tensor | None:
    """The motion back, 2xHxW, of the object that is seen ``where`` (HxW bool), as a quadratic of the place.

    To second order that is how a plane moves in a picture, however camera and plane move (Longuet-Higgins and Prazdny,
    "The interpretation of a moving retinal image", 1980). None where it is not how the object moves.
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
    if (known @ factors - moved).abs().mean() > _ASTRAY:
        return None
    return (basis.flatten(1).T @ factors).T.reshape(2, height, width).float()


def _seen_detail(memory: Memory, places: Tensor, nearest: Tensor) -> Tensor:
    """The detail of the frame before at ``places`` (2xN), 3xN; nearest: N, the pixels there."""
    page, offset = memory.page.flatten()[nearest], memory.offset.flatten(1)[:, nearest]
    detail = places.new_zeros(3, places.shape[1])
    for number, picture in enumerate(memory.pages):
        some = (page == number).nonzero()[:, 0]
        if some.numel():
            detail[:, some] = Texture(picture).at(*(places[:, some] + offset[:, some]))
    return detail


def _hidden_detail(memory: Memory, places: Tensor, nearest: Tensor) -> Tensor:
    assert memory.hidden is not None
    return Texture(memory.hidden).at(*places)
