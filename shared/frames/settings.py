"""What can be asked of an animation besides its dreams: declared here, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..declaration import Choice, Declared, setting
from .where import parse


@dataclass(frozen=True)
class FrameSettings(Declared):
    """What holds for every frame of an animation."""

    coherence: float = setting(
        1.0,
        "Coherence",
        "How still the dream is held while the picture moves. 0 dreams every frame alone",
        hard=(0.0, 1.0),
    )
    motion: str = setting(
        "auto",
        "Motion",
        "Where the motion between frames is known from",
        choices=(
            Choice("auto", "Automatic", "The Vector pass where a frame has one, else optical flow"),
            Choice("vector", "Vector Pass", "The exact motion that the renderer knows. A frame without it is refused"),
            Choice("dis", "Optical Flow", "Estimated from the pictures, by dense inverse search"),
            Choice(
                "raft", "Optical Flow by RAFT", "Estimated from the pictures by a network, whose weights are needed"
            ),
        ),
    )
    where: str = setting(
        "",
        "Where",
        "Where to dream: objects, materials, alpha, depths, as in “object(Vase), depth(0-5)”. Empty is everywhere",
    )
    detail_layer: bool = setting(
        False, "Detail Layer", "Also hand out what the dream adds, as the layer Dream.Detail. EXR only"
    )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> FrameSettings:
        """As of any `Declared`; ``where`` must be in its grammar, too. Raises `SettingError`."""
        settings = super().from_mapping(values)
        parse(settings.where)
        return settings
