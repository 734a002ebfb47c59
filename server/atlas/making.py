"""The atlas of a layer: what is missing on the shelf is dreamed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ...shared.declaration import SettingError
from ...shared.settings import DreamSettings
from ...shared.target import Channels, Layer, parse
from ..networks.catalogue import CLASSES
from ..networks.staged import StagedNetwork
from .shelf import Shelf

# How the thumbnails of channels are dreamed: from grey, in Fourier coefficients and decorrelated colours, sturdy under
# shifts, turns and changes of scale, as lucid makes its pictures of channels.
_CHANNELS = DreamSettings(
    start="grey",
    parameters="fourier",
    ascent="adam",
    step=1.0,
    octaves=1,
    iterations=40,
    jitter=8,
    random_scale=0.1,
    random_turn=8.0,
)
# And those of classes: from grey as well, for noise to begin with would still be there at the end; calmed a little; and
# rolled, for so small a picture is no less itself, and moves about more freely than between mirrors.
_CLASSES = DreamSettings(start="grey", octaves=3, iterations=40, step=2.0, jitter=8, edges="roll", total_variation=0.3)


def recipe(network: str, layer: str) -> DreamSettings:
    """The settings with which the thumbnails of a layer are dreamed, or of the classes that a network knows."""
    return (_CLASSES if layer == CLASSES else _CHANNELS).replace(network=network, layers=layer)


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``missing`` thumbnails are dreamed, and ``share`` of the next ones. seconds_left: None at first."""

    done: int
    missing: int
    share: float
    seconds_left: float | None


def chosen_channels(text: str, channels: int) -> list[int]:
    """The channels that ``text`` names, as between the brackets of a target: "0-31, 40", "not 7"; "": all of them.

    Raises `SettingError` when the layer, which has ``channels`` of them, lacks one.
    """
    if not text.strip():
        return list(range(channels))
    allowed = f"numbers from 0 to {channels - 1}, such as 0-7, 12"
    match [term.what for term in parse(f"layer[{text}]")]:
        case [Layer(_, Channels(numbers, all_but), None)]:
            pass
        case _:
            raise SettingError("channels", f"{text!r} names no channels", allowed)
    if numbers[-1] >= channels:
        raise SettingError("channels", f"The layer has {channels} channels, and no number {numbers[-1]}", allowed)
    return [number for number in range(channels) if (number in set(numbers)) != all_but]


def fill(
    shelf: Shelf, channels: str, settings: DreamSettings, size: int, load: Callable[[], StagedNetwork]
) -> Iterator[Progress]:
    """Dream the thumbnails that are missing, and report; whoever stops asking keeps those that are done.

    channels: which, as `chosen_channels` reads it. load: loads the network, if it is needed. Raises `SettingError`.
    """
    network = None
    if shelf.channels is None:
        network = load()
        shelf.open(_count(network, settings))
    missing = [number for number in chosen_channels(channels, shelf.channels or 0) if not shelf.has(number)]
    if missing:
        yield from _dream(shelf, missing, settings, size, network or load())


def _count(network: StagedNetwork, settings: DreamSettings) -> int:
    from ..dream.objectives.compiling import channel_count

    return channel_count(network, settings.layers)


def _dream(
    shelf: Shelf, missing: Sequence[int], settings: DreamSettings, size: int, network: StagedNetwork
) -> Iterator[Progress]:
    from .dreaming import Dreaming, Thumbnail, dream_channels, lively

    settings = lively(network, settings)
    began, done = time.monotonic(), 0
    for event in dream_channels(network, missing, settings, size):
        share = 0.0
        match event:
            case Dreaming(share):
                pass
            case Thumbnail(channel, pixels):
                shelf.put(channel, pixels, settings)
                done += 1
        finished = done + share
        left = (time.monotonic() - began) / finished * (len(missing) - finished) if finished else None
        yield Progress(done, len(missing), share, left)
