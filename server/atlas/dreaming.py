"""What each channel of a layer dreams, from nothing, many channels at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ...shared.settings import DreamSettings
from ..dream.events import Finished, Step
from ..dream.memory import pixels_at_once
from ..dream.noise import starting_picture
from ..dream.objectives.compiling import channel_count
from ..dream.objectives.excitement import Excitement
from ..dream.objectives.recognition import Recognition
from ..dream.objectives.weighted import Term, Weighted
from ..dream.still import dream_still
from ..networks.catalogue import CLASSES, UnknownLayer, check_layers
from ..networks.staged import StagedNetwork

# A larger batch gains nothing on a CPU, and loses more when it is stopped.
_MOST_AT_ONCE = {"cpu": 8, "cuda": 64, "mps": 16}


@dataclass(frozen=True, slots=True, eq=False)
class Dreaming:
    """A batch is under way: as much of it is done as would make ``channels`` thumbnails."""

    channels: float


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """The dream of one channel, side x side x 3 float32 in 0..1, display-encoded."""

    channel: int
    pixels: np.ndarray


def lively(network: StagedNetwork, settings: DreamSettings) -> DreamSettings:
    """The settings with which every channel of the layer ``settings.layers`` has something to follow.

    A channel that its ReLU silences everywhere gives no gradient, and would stay grey: where there is a ReLU, the mean
    of what goes into it is climbed, as in TensorFlow's first tutorial.
    """
    try:
        before = check_layers(network, [f"{settings.layers}/pre"])[0]
        channel_count(network, before)
    except UnknownLayer:
        return settings
    return settings.replace(layers=before, measure="mean")


def dream_channels(
    network: StagedNetwork, channels: Sequence[int], settings: DreamSettings, size: int
) -> Iterator[Dreaming | Thumbnail]:
    """Dream the ``channels`` of the layer ``settings.layers`` in pictures of ``size`` pixels a side.

    All begin with the same noise and are looked at with the same jitter, so that a channel's picture does not depend on
    which others are dreamed beside it, but for rounding.
    """
    layer, device = settings.layers, network.mean.device
    nothing = torch.zeros(1, 3, size, size, device=device)
    start = starting_picture(settings.start, nothing, torch.Generator().manual_seed(settings.seed))
    each = settings.replace(start="picture")
    exciting = _each_its_own(network, settings)
    for batch in _batches(channels, network, layer, size):
        objective = Weighted([(1.0, exciting(batch))])
        pictures = start.repeat(len(batch), 1, 1, 1)
        for event in dream_still(pictures, network, each, objective=objective):
            match event:
                case Step(step, steps):
                    yield Dreaming(len(batch) * step / steps)
                case Finished(dreams):
                    for channel, dream in zip(batch, dreams, strict=True):
                        yield Thumbnail(channel, dream.permute(1, 2, 0).cpu().numpy())


def _each_its_own(network: StagedNetwork, settings: DreamSettings) -> Callable[[list[int]], Term]:
    """Makes what excites the first of some channels in the first picture of a batch, and so on."""
    layer = settings.layers
    if layer == CLASSES:
        return lambda classes: Recognition(*classes)
    rows = torch.eye(channel_count(network, layer), device=network.mean.device)[..., None, None]
    linear = settings.measure == "mean"
    return lambda channels: Excitement(layer, network.stride(layer), linear=linear, weights=rows[channels])


def _batches(channels: Sequence[int], network: StagedNetwork, layer: str, size: int) -> Iterator[list[int]]:
    device = network.mean.device
    fitting = pixels_at_once(network, [layer], device) // size**2
    count = max(1, min(_MOST_AT_ONCE[device.type], fitting))
    for start in range(0, len(channels), count):
        yield list(channels[start : start + count])
