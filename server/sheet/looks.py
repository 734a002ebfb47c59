"""What presets look like: each dreamed on the same pictures, for a contact sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from ...shared.picture import Picture
from ...shared.presets import Preset
from ...shared.settings import DreamSettings
from ..media.contact_sheet import Row
from ..networks.catalogue import UnknownNetwork, find
from ..still import Done, NetworkLoader, dream_picture


def settings_at_hand(preset: Preset, network: str) -> tuple[DreamSettings, str]:
    """A preset's settings with a network that is here, and the title to show it under.

    network: what dreams, with its favourite layers, where the preset names no network, or one whose weights are not
        on this machine, which the title tells.
    """
    settings = DreamSettings().replace(**{"network": network, **preset.settings})
    if _is_here(settings.network):
        return settings, preset.title
    return settings.replace(network=network, layers=""), f"{preset.title} (with {network}, not {settings.network})"


def dream_row(
    title: str, settings: DreamSettings, pictures: Sequence[Picture], networks: NetworkLoader, device: torch.device
) -> Iterator[float | Row]:
    """Dream on each of ``pictures``, RGB u8; yields the share done of it all, and the row last."""
    dreamed = []
    for number, picture in enumerate(pictures):
        for event in dream_picture(picture, settings, networks, device):
            if isinstance(event, Done):
                dreamed.append(event.picture.pixels)
            else:
                yield (number + event.step / event.steps) / len(pictures)
    yield Row(title, dreamed)


def _is_here(network: str) -> bool:
    try:
        return find(network).installed
    except UnknownNetwork:
        return False
