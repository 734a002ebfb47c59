"""How still a dreamed film is held, and how much of its dream is left: measured on the files that are handed out.

The dream layer is what the dream adds to the picture, display-encoded, as the eye and the network see both. Warped by
the motion that the renderer knows, it is compared where nothing is covered or uncovered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ....shared.frames.frame import FrameFile
from ...coherence.following import follow
from ...coherence.sampling import Texture
from ...coherence.scene import Scene
from ...frames.decoding import decode
from ...frames.motion import scenes_of
from ...media.display import Display, to_display


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A rendered frame: how it is seen, and how it truly moves."""

    display: Display
    scene: Scene

    @classmethod
    def of(cls, rendered: Path) -> Truth:
        """Of a frame with its Vector pass."""
        frame = decode(FrameFile(rendered.suffix, rendered.read_bytes()), rendered.name)
        display = to_display(frame.picture)
        return cls(display, scenes_of(display.tensor, frame.passes, "vector", None)[0])

    def detail(self, dreamed: FrameFile) -> Tensor:
        """What the layer Dream of an EXR adds to the frame: 3xHxW, display-encoded."""
        layers = decode(dreamed).layers
        assert layers is not None
        layer = next(layer for layer in layers.layers if layer.words[-1] == "dream")
        pixels = torch.from_numpy(np.ascontiguousarray(layers.read(layer, ("R", "G", "B")), np.float32))
        return self.display.encoding.encode(pixels.permute(2, 0, 1)) - self.display.tensor[0]


def flicker(now: Truth, detail: Tensor, before: Truth, detail_before: Tensor) -> float:
    """The mean absolute difference of two frames' dream layers along the true motion, outside occlusions."""
    trail = follow(now.scene, before.scene)
    warped = Texture(detail_before).at(*trail.places)
    return (detail.flatten(1) - warped)[:, trail.known].abs().mean().item()


def energy(detail: Tensor) -> float:
    """The variance of a dream layer."""
    return detail.var().item()
