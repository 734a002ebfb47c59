"""A still from end to end, without files or sockets: colour, then the engine, then colour back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from ..shared.picture import Picture
from ..shared.settings import DreamSettings
from .dream.device import pick_dtype
from .dream.events import Finished, Step
from .dream.still import dream_still
from .media.display import detail_form, to_display
from .networks.loading import load
from .networks.staged import StagedNetwork
from .space import where_it_lies
from .surface import Surface

NetworkLoader = Callable[[str, torch.device, torch.dtype], StagedNetwork]


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """Where a dream stands.

    step, steps, seconds_left: as in `Step`.
    preview: makes a u8 sRGB picture (RGB, or RGBA with straight alpha), its longer side at most the pixels given;
        costs nothing unless called, and must be called before the next event is asked for.
    """

    step: int
    steps: int
    seconds_left: float | None
    preview: Callable[[int], Picture]


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """The last event: the result, in the form of the input."""

    picture: Picture


class Networks:
    """Loads networks and keeps the ones used last, so that the next dream starts at once.

    keep: how many stay in memory.
    """

    def __init__(self, keep: int = 3) -> None:
        self._keep = keep
        self._loaded: OrderedDict[tuple[str, torch.device, torch.dtype], StagedNetwork] = OrderedDict()

    def __call__(self, name: str, device: torch.device, dtype: torch.dtype) -> StagedNetwork:
        """The network of that name, ready on that device. Raises what `load` raises."""
        key = (name, device, dtype)
        if key not in self._loaded:
            self._loaded[key] = load(name, device=device, dtype=dtype)
        self._loaded.move_to_end(key)
        while len(self._loaded) > self._keep:
            self._loaded.popitem(last=False)
        return self._loaded[key]


def dream_picture(
    picture: Picture,
    settings: DreamSettings,
    networks: NetworkLoader,
    device: torch.device,
    *,
    guide: Picture | None = None,
    mask: Picture | None = None,
) -> Iterator[Progress | Done]:
    """Dream ``picture``; to cancel, ask for no further event. At strength 0 no network is so much as loaded.

    guide: a picture to take after, of any size. mask: how much each place may change, as `to_mask` reads it.
    """
    if settings.strength == 0.0:
        yield Done(_undreamed(picture, settings))
        return
    height, width, _ = picture.info.shape
    surface = Surface(picture, settings, where_it_lies((1, 3, height, width), device), mask)
    looks = None if guide is None else to_display(guide, device).tensor
    network = networks(settings.network, device, pick_dtype(settings.precision, device, settings.network))
    for event in dream_still(surface.seen, network, settings, mask=surface.mask, guide=looks):
        match event:
            case Step(step, steps, seconds_left, dreamed):
                yield Progress(step, steps, seconds_left, partial(surface.preview, dreamed))
            case Finished(dreamed):
                yield Done(surface.result(dreamed))


def _undreamed(picture: Picture, settings: DreamSettings) -> Picture:
    """What there is at strength 0: the picture itself, or a layer that adds nothing to it."""
    if settings.output == "picture":
        return picture
    layer = detail_form(picture.info)
    return Picture(layer, np.zeros(layer.shape, layer.numpy_dtype))
