"""The contact sheet: every preset on the same pictures, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import torch

from ...shared.picture import Picture, PictureInfo
from ...shared.presets import Preset
from ...shared.settings import DreamSettings
from ..networks.catalogue import UnknownNetwork, find
from ..still import Done, NetworkLoader, dream_picture

_PAPER, _INK = 26, (0.9, 0.9, 0.88)
# Shares of a picture's side: the gap around pictures, the line of text under them, and its letters.
_GAP, _LINE, _LETTERS = 1 / 32, 1 / 6, 1 / 11


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Pictures that stand side by side, h×w×3 u8, all of one size, and what stands under them."""

    title: str
    pictures: list[np.ndarray]


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


def arrange(rows: Sequence[Row], side: int) -> Picture:
    """All rows on one sheet, as near to a square as can be; ``side`` is that of the pictures, pixels."""
    gap, line = round(side * _GAP), max(14, round(side * _LINE))
    block_width, block_height = len(rows[0].pictures) * (side + gap), side + line
    columns = max(1, round((len(rows) * block_height / block_width) ** 0.5))
    per_column = -(-len(rows) // columns)
    height, width = per_column * block_height + gap, columns * (block_width + 2 * gap)
    sheet = oiio.ImageBuf(np.full((height, width, 3), _PAPER, np.uint8))
    for number, row in enumerate(rows):
        left, top = number // per_column * (block_width + 2 * gap) + gap, number % per_column * block_height + gap
        for place, picture in enumerate(row.pictures):
            # Neighbouring pictures of one row touch but for half a gap, so that rows read as one.
            _paste(sheet, picture, left + place * (side + gap // 2), top)
        baseline = top + side + round(line * 0.62)
        oiio.ImageBufAlgo.render_text(sheet, left, baseline, row.title, max(9, round(side * _LETTERS)), "", _INK)
    pixels = sheet.get_pixels(oiio.UINT8)
    assert pixels is not None
    return Picture(PictureInfo(pixels.shape, "u8"), np.ascontiguousarray(pixels))


def _is_here(network: str) -> bool:
    try:
        return find(network).installed
    except UnknownNetwork:
        return False


def _paste(sheet: oiio.ImageBuf, picture: np.ndarray, left: int, top: int) -> None:
    oiio.ImageBufAlgo.paste(sheet, left, top, 0, 0, oiio.ImageBuf(np.ascontiguousarray(picture)))
