"""Where a dream has not settled yet, and so is dreamed on.

What appears beside a dream in a strip of a few pixels knows nothing of what it will be part of, and what is stretched
by perspective is no longer what the network drew. Both are dreamed on for a while, as parts of the whole picture, until
they have grown together with what is around. What stays as it is is left alone, to the bit.

All this is told as the share of the dream that is let go of in a frame, and dreamed anew.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..dream.blur import gaussian_blur, reach
from ..dream.wrap import OPEN
from .following import Trail
from .memory import Memory
from .scene import Scene, shifted

# What is let go of where a dream has only been continued over what appeared, and at most around that.
_CONTINUED = 0.2
_MOST = 0.05
# How much of that it is in the next frame, and what is as good as nothing.
_LASTS = 0.93
_NOTHING = 0.001
# How much of its dream is let go of what is stretched to twice its size.
_STRETCHED = 1.5
# Of a picture's shorter side: how far around what is new the dream is let go of, as a Gaussian's width.
_AROUND = 1 / 48


def unsettled(memory: Memory, trail: Trail, scene: Scene, surfaces: Tensor) -> Tensor:
    """HxW float32: the share that is let go of what is carried into this frame."""
    loose = _STRETCHED * _strain(scene, surfaces)
    left = torch.zeros_like(loose)
    if memory.unsettled is not None:
        left = _LASTS * memory.unsettled.float().flatten()[trail.best] * trail.known
        left = left.view(memory.size)
    loose = torch.maximum((left + loose).clamp_max(_MOST), left)
    return torch.where(loose > _NOTHING, loose, 0.0)


def stirred(loose: Tensor, new: Tensor, continued: Tensor) -> Tensor:
    """``loose``, and what is let go of around what is ``new`` and where the dream was ``continued``; HxW (bool)."""
    stirring = new | continued
    if not stirring.any():
        return loose
    sigma = max(2.0, min(new.shape) * _AROUND)
    around = gaussian_blur(stirring.float()[None, None], [sigma], reach(sigma), OPEN)[0, 0]
    around = (4 * _MOST * around).clamp_max(_MOST)
    loose = torch.maximum(loose, torch.where(around > _NOTHING, around, 0.0))
    return torch.where(continued, _CONTINUED, loose)


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
