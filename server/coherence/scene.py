"""What is known of one frame of a film: how it looks, and how it moves."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A frame as the coherence of dreams sees it; all of the same height and width, row 0 at the top.

    seen: 1x3xHxW float32, 0..1, display-encoded: what is dreamed on.
    back: 2xHxW float32, x to the right and y down, in pixels: what is seen at p was at p + back in the frame before.
        None where no frame came before.
    forward: 2xHxW float32: what is seen at p will be at p + forward in the next frame; None where nobody knows.
    depth: HxW float32. objects: HxW int32, equal where two pixels show the same object. None where nobody knows.
    """

    seen: Tensor
    back: Tensor | None = None
    forward: Tensor | None = None
    depth: Tensor | None = None
    objects: Tensor | None = None


def grid(size: tuple[int, int] | torch.Size, device: torch.device) -> Tensor:
    """The places of all pixels: 2xHxW float32, x and y."""
    y, x = torch.meshgrid(
        torch.arange(size[-2], dtype=torch.float32, device=device),
        torch.arange(size[-1], dtype=torch.float32, device=device),
        indexing="ij",
    )
    return torch.stack([x, y])


def shifted(values: Tensor, axis: int, step: int, outside: float) -> Tensor:
    """``values`` (…xHxW) moved by ``step`` pixels along ``axis``, with ``outside`` where nothing comes from."""
    moved = values.roll(step, axis)
    moved.narrow(axis, 0 if step > 0 else step, abs(step)).fill_(outside)
    return moved
