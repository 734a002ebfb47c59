"""Where a dream has not settled yet, and so is dreamed on.

What has just been dreamed in a strip of its own knows nothing of what was dreamed beside it, and what is stretched by
perspective is no longer what the network drew. Both are dreamed on gently for a while, as parts of the whole picture,
until they have grown together with what is around. What stays as it is is left alone, to the bit.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..dream.blur import gaussian_blur, reach
from ..dream.wrap import OPEN
from .following import Trail
from .memory import Memory
from .scene import Scene, shifted

# The share of a dream that is let go of in a frame, and dreamed anew, where nothing has settled.
RENEWED = 0.05
# How much of what is unsettled is so still after a frame, and what is as good as nothing.
_LASTS = 0.93
_NOTHING = 0.02
# So much stretching, in pixels a pixel and frame, and nothing has settled.
_STRETCHED = 1 / 30
# Of a picture's shorter side: how far around what is new the dream is unsettled, as a Gaussian's width.
_AROUND = 1 / 48


def unsettled(memory: Memory, trail: Trail, scene: Scene, surfaces: Tensor) -> Tensor:
    """HxW float32, 0..1: how far what is carried into this frame is from having settled."""
    left = _strain(scene, surfaces) / _STRETCHED
    if memory.unsettled is not None:
        known = trail.known.view(memory.size)
        left += _LASTS * known * memory.unsettled.float().flatten()[trail.best].view(memory.size)
    return torch.where(left > _NOTHING, left.clamp_max(1), 0.0)


def stirred(loose: Tensor, new: Tensor) -> Tensor:
    """What is ``loose`` (HxW, 0..1), and what is ``new`` (HxW bool) and around that."""
    if not new.any():
        return loose
    sigma = max(2.0, min(new.shape) * _AROUND)
    around = gaussian_blur(new.float()[None, None], [sigma], reach(sigma), OPEN)[0, 0]
    return torch.maximum(loose, torch.where(around > _NOTHING, (4 * around).clamp_max(1), 0.0))


def _strain(scene: Scene, surfaces: Tensor) -> Tensor:
    """How much motion stretches what is seen, HxW: by how much it differs from one pixel of a surface to the next."""
    assert scene.back is not None
    strain = torch.zeros_like(scene.back[0])
    for axis in (-1, -2):
        differs = torch.linalg.vector_norm(scene.back - shifted(scene.back, axis, 1, torch.nan), dim=0)
        differs = torch.where(shifted(surfaces, axis, 1, 0) == surfaces, differs, 0.0).nan_to_num()
        # Of both sides the lesser: at an edge a renderer mixes the motions of what meets there.
        strain = torch.maximum(strain, torch.minimum(differs, shifted(differs, axis, -1, 0.0)))
    return strain
