"""The memory of a frame: what the next one needs to be dreamed in its sense, as bytes."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from .scene import Scene

# Another number for another form: what a former version remembered is not understood, and not guessed at.
_FORM = 3


class LostMemory(ValueError):
    """These bytes are not the memory of a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Dreamed:
    """A frame's dream. picture: 1x3xHxW float32, display-encoded. The rest as in `Memory`."""

    picture: Tensor
    pages: Tensor
    marks: Tensor
    page: Tensor
    offset: Tensor
    ripe: Tensor
    surfaces: Tensor
    strength: Tensor
    hidden: Tensor | None = None
    behind: Tensor | None = None
    unsettled: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What is remembered of a frame; all of its height and width. Serialised and read back, it is the same.

    The dream's detail (the dream less what is seen, display-encoded) is not carried from frame to frame as colours,
    which would blur: it stays on the page that it was dreamed on, and each pixel knows where on which page its own is.

    pages: Kx3xHxW float16, details as they were dreamed, the latest first; marks: KxHxW uint8, of which objects,
        as `carrying.marks_of` tells them.
    page: HxW uint8, on which page a pixel's detail is; offset: 2xHxW float32, where: that of p is at p + offset.
    ripe: HxW bool, whether it was dreamed; where not, it is only a continuation of what is around.
    allowed: HxW float16, 0..1, how much each place was allowed to change; None: all of it.
    surfaces: HxW int32, which surface is seen, −1 where none is told apart; objects: bool, whether those are the
        renderer's objects or only guessed at.
    strength: the root mean square of the detail that the shot began with, a scalar.
    hidden: 3xHxW float16, the detail of what is behind that which is seen; behind: HxW int32, of which surface it is,
        −1 where nothing is known. None where no frame came before.
    unsettled: HxW float16, 0..1, as in `settling`; None where all of it has settled.
    luma: HxW uint8, the frame itself, for optical flow. forward, depth: as in `Scene`, forward in float16.
    signature: as `cuts.signature` gives it. digest: of all settings that say what is dreamed, 32 uint8.
    """

    pages: Tensor
    marks: Tensor
    page: Tensor
    offset: Tensor
    ripe: Tensor
    surfaces: Tensor
    strength: Tensor
    objects: Tensor
    luma: Tensor
    signature: Tensor
    digest: Tensor
    allowed: Tensor | None = None
    hidden: Tensor | None = None
    behind: Tensor | None = None
    unsettled: Tensor | None = None
    forward: Tensor | None = None
    depth: Tensor | None = None

    @classmethod
    def of(cls, scene: Scene, dreamed: Dreamed, allowed: Tensor | None, signature: np.ndarray, digest: bytes) -> Memory:
        """What to remember of a frame. allowed: 1x1xHxW."""
        return cls(
            pages=dreamed.pages,
            marks=dreamed.marks,
            page=dreamed.page,
            offset=dreamed.offset,
            ripe=dreamed.ripe,
            surfaces=dreamed.surfaces,
            strength=dreamed.strength,
            objects=torch.tensor(scene.objects is not None),
            luma=luma(scene.seen),
            signature=torch.from_numpy(signature),
            digest=torch.frombuffer(bytearray(digest), dtype=torch.uint8),
            allowed=None if allowed is None else allowed[0, 0].half(),
            hidden=dreamed.hidden,
            behind=dreamed.behind,
            unsettled=dreamed.unsettled,
            forward=None if scene.forward is None else scene.forward.half(),
            depth=scene.depth,
        )

    def to_bytes(self) -> bytes:
        """The same memory always gives the same bytes."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        tensors = {name: value.detach().cpu().contiguous() for name, value in known.items() if value is not None}
        return save(tensors | {"form": torch.tensor(_FORM)})

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, device: torch.device) -> Memory:
        """Raises `LostMemory`."""
        try:
            tensors = load(bytes(data))
            if tensors.pop("form").item() != _FORM:
                raise LostMemory("the memory is of another version")
            return cls(**{name: value.to(device) for name, value in tensors.items()})
        except (SafetensorError, KeyError, TypeError) as error:
            raise LostMemory(str(error)) from error

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.page.shape[0], self.page.shape[1]

    def scene(self) -> Scene:
        """The frame that is remembered."""
        seen = self.luma[None, None].float().div(255).expand(-1, 3, -1, -1)
        forward = None if self.forward is None else self.forward.float()
        return Scene(seen, None, forward, self.depth, self.surfaces if self.objects else None)


def luma(seen: Tensor) -> Tensor:
    """1x3xHxW, 0..1, as HxW uint8: Rec. 601's weights, as every 8-bit grey."""
    weights = seen.new_tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    return (seen[0] * weights).sum(0).mul(255).round().clamp(0, 255).to(torch.uint8)
