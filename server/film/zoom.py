"""The zoom film: every frame is a dream of the one before, moved a little.

"Inceptionism", Mordvintsev, Olah and Tyka, 2015: the last cell of `dream.ipynb` in google/deepdream, with any motion.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...shared.film import Film, Motion
from ...shared.keyframes import Animated
from ...shared.picture import Picture, PictureInfo
from ...shared.settings import DreamSettings
from ..dream.motion import move
from ..dream.wrap import Wrap
from ..media.convert import convert
from ..still import Done, NetworkLoader, Progress, dream_picture

# Seeds are below this.
_SEEDS = 2**31


@dataclass(frozen=True, slots=True)
class Script:
    """What a film is made of: its dreams and its motion, frame by frame from frame 1."""

    dreams: Animated[DreamSettings]
    motion: Animated[Motion]

    def dream(self, frame: int) -> DreamSettings:
        """The settings of one frame's dream.

        The seed goes up by one with every frame, so that no two dreams shake alike. Noise starts the first frame alone.
        """
        settings = self.dreams.at(frame)
        start = settings.start if frame == 1 else "picture"
        return settings.replace(seed=(settings.seed + frame - 1) % _SEEDS, start=start)

    def record(self) -> dict[str, Any]:
        """Plain values by name; the settings that change as keyframes."""
        return {**self.dreams.record(), **self.motion.record()}


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A finished frame: its number, from 1, and the picture, in the form of `opening`."""

    number: int
    picture: Picture


def opening(picture: Picture) -> Picture:
    """``picture`` as a film works on it: display-encoded float32, row 0 on top, alpha premultiplied, numbers only."""
    alpha = "none" if picture.info.alpha == "none" else "premultiplied"
    form = PictureInfo(picture.info.shape, "f32", "sRGB", alpha)
    return Picture(form, np.nan_to_num(convert(picture, form).pixels, posinf=1.0, neginf=0.0))


def grey(film: Film) -> Picture:
    """The picture under a film that starts from noise."""
    shape = (film.height, film.width, 3)
    return Picture(PictureInfo(shape, "u8", "sRGB"), np.full(shape, 128, np.uint8))


def film_frames(
    picture: Picture,
    script: Script,
    networks: NetworkLoader,
    device: torch.device,
    *,
    done: int = 0,
    guide: Picture | None = None,
    mask: Picture | None = None,
) -> Iterator[Progress | Frame]:
    """Dream frame ``done`` + 1 and those after it, without end; the caller stops by asking for no more.

    picture: as `opening` gives it, or frame ``done`` exactly as it was yielded. With it a film goes on as if it had
        never stopped.
    guide, mask: as `dream_picture` takes them; the mask stays where it is while the film moves under it.
    """
    frame = done
    while True:
        frame += 1
        settings = script.dream(frame)
        if frame > 1:
            picture = moved(picture, script.motion.at(frame), Wrap.of(settings.seamless), device)
        for event in dream_picture(picture, settings, networks, device, guide=guide, mask=mask):
            if isinstance(event, Done):
                picture = event.picture
            else:
                yield event
        yield Frame(frame, picture)


def moved(picture: Picture, motion: Motion, wrap: Wrap, device: torch.device) -> Picture:
    """``picture`` after one frame's motion; float32."""
    pixels = torch.from_numpy(picture.pixels).to(device).permute(2, 0, 1)[None]
    result = move(pixels, motion, wrap)[0].permute(1, 2, 0).contiguous().cpu().numpy()
    return dataclasses.replace(picture, pixels=result)
