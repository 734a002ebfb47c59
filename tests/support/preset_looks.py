"""How a preset's picture looks, in numbers that survive the chaos of the ascent.

    uv run python tests/support/preset_looks.py

writes them to tests/presets/looks.json, for every preset. Do so after a preset, or what it means, has changed, and look
at `reverie presets sheet` before you commit them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from reverie.server.media.contact_sheet import Row
from reverie.server.sheet.looks import dream_row, settings_at_hand
from reverie.server.sheet.samples import still_life
from reverie.server.still import Networks
from reverie.shared import presets

RECORD = Path(__file__).parents[1] / "presets" / "looks.json"
CPU = torch.device("cpu")
_SIDE, _MOST_STEPS = 96, 5
_LAYERS = ("strokes", "contours", "ornaments")

networks = Networks()


def dreamed(name: str) -> np.ndarray:
    """A small and short dream of a preset, h×w×3 u8; with the network ornament where its own is not here."""
    settings, _ = settings_at_hand(presets.load(name), "ornament")
    settings = settings.replace(iterations=min(settings.iterations, _MOST_STEPS), precision="float32")
    *_, row = dream_row(name, settings, [still_life(_SIDE)], networks, CPU)
    assert isinstance(row, Row)
    return row.pictures[0]


def numbers(pixels: np.ndarray) -> dict[str, float]:
    """What can be said of a picture: how much each layer of ornament sees, its spectrum, its colours."""
    picture = torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        seen = networks("ornament", CPU, torch.float32)(picture, _LAYERS)
    told = {layer: each.square().mean().sqrt().item() for layer, each in zip(_LAYERS, seen, strict=True)}
    colours = picture[0].flatten(1).double()
    for channel, name in enumerate("RGB"):
        told[f"mean {name}"] = colours[channel].mean().item()
        told[f"deviation {name}"] = colours[channel].std().item()
    told["saturation"] = (colours.amax(0) - colours.amin(0)).mean().item()
    told["spectrum"] = _slope(colours.mean(0).reshape(pixels.shape[:2]).numpy())
    return {name: round(value, 4) for name, value in told.items()}


def _slope(grey: np.ndarray) -> float:
    """By how many powers the amplitude falls with frequency, from 4 waves to a third of the side."""
    side = len(grey)
    window = np.hanning(side)
    size = np.abs(np.fft.fft2((grey - grey.mean()) * window[:, None] * window))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side))) * side
    among = (frequency >= 4) & (frequency < side / 3)
    return float(np.polyfit(np.log(frequency[among]), np.log(size[among] + 1e-6), 1)[0])


if __name__ == "__main__":
    RECORD.write_text(json.dumps({name: numbers(dreamed(name)) for name in presets.names()}, indent=1) + "\n")
