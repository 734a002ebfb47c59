"""Following what is seen back to the frame before, and telling what was not there to be seen.

Where a pixel came from lies between four pixels of that frame. Those that show something else are left out, so that at
an object's edge nothing of what lies behind it is mixed in; where all four are, what is seen has just appeared. The
test of there and back is Sundaram, Brox and Keutzer, "Dense Point Trajectories by GPU-accelerated Large Displacement
Optical Flow", 2010; the renderer's passes make it exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .scene import Scene, grid

# There and back leads to the same place within this many pixels, and this share of the way.
_ASTRAY = 0.5
_ASTRAY_SHARE = 0.05
# Depths of one surface, a frame apart, differ by no more than this share.
_DEPTH = 0.2
# Of the four pixels around, those that show the same thing must weigh this much together.
_ENOUGH = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """Where the N = H·W pixels of a frame were in the frame before.

    places: 2xN float32, x and y there. known: N bool, whether what is seen was seen there.
    taps: 4xN int64, the pixels around each place; weights: 4xN float32, how much each counts: the bilinear
        weights of those that show the same thing, with sum 1 where known. best: N int64, the pixel that counts most.
    """

    places: Tensor
    known: Tensor
    taps: Tensor
    weights: Tensor
    best: Tensor

    def mixed(self, values: Tensor) -> Tensor:
        """CxHxW float of the frame before, along the trail: CxN. For what varies gently."""
        flat = values.flatten(-2)
        result = flat[..., self.taps[0]] * self.weights[0]
        for tap, weight in zip(self.taps[1:], self.weights[1:], strict=True):
            result.addcmul_(flat[..., tap], weight)
        return result


def follow(scene: Scene, before: Scene) -> Trail:
    """The trail from ``scene`` back to the frame ``before``; ``scene.back`` must be there."""
    assert scene.back is not None
    height, width = scene.back.shape[-2:]
    here = grid((height, width), scene.back.device).flatten(1)
    places = here + scene.back.flatten(1).nan_to_num()
    inside = ((places > -0.5) & (places < places.new_tensor([[width], [height]]) - 0.5)).all(0)
    astray = _ASTRAY + _ASTRAY_SHARE * torch.linalg.vector_norm(places - here, dim=0)
    taps, weights = [], []
    for tap, weight in _around(places, height, width):
        same = inside & _same(scene, before, here, places, tap, astray)
        taps.append(tap)
        weights.append(weight * same)
    tap, weight = torch.stack(taps), torch.stack(weights)
    whole = weight.sum(0)
    known = whole >= _ENOUGH
    weight = torch.where(known, weight / whole.clamp_min(1e-12), 0.0)
    best = tap.gather(0, weight.argmax(0, keepdim=True))[0]
    return Trail(places, known, tap, weight, best)


def _around(places: Tensor, height: int, width: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The four pixels around each place, as indices, and their bilinear weights."""
    corner = places.floor()
    share = places - corner
    x, y = corner.long()
    for right in (0, 1):
        for down in (0, 1):
            column, row = (x + right).clamp(0, width - 1), (y + down).clamp(0, height - 1)
            across = share[0] if right else 1 - share[0]
            along = share[1] if down else 1 - share[1]
            yield row * width + column, across * along


def _same(scene: Scene, before: Scene, here: Tensor, places: Tensor, tap: Tensor, astray: Tensor) -> Tensor:
    """Whether the pixels ``tap`` of the frame before show what is seen in this one."""
    same = torch.ones_like(tap, dtype=torch.bool)
    if before.forward is not None:
        missed = places + before.forward.flatten(1)[:, tap] - here
        same &= torch.linalg.vector_norm(missed, dim=0) <= astray
    if scene.objects is not None and before.objects is not None:
        same &= scene.objects.flatten() == before.objects.flatten()[tap]
    if scene.depth is not None and before.depth is not None:
        now, then = scene.depth.flatten(), before.depth.flatten()[tap]
        same &= ((now - then).abs() <= _DEPTH * torch.minimum(now, then)) | (now == then)
    return same
