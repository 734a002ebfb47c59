"""Animations of a few tiny frames, and a network that dreams them in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from reverie.server.media.files import write_picture
from reverie.server.networks.staged import StagedNetwork
from reverie.server.still import NetworkLoader
from reverie.shared.picture import Picture, PictureInfo


@pytest.fixture(scope="session")
def networks() -> NetworkLoader:
    """Whatever network is asked for, it is one of a single stage with fixed random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        stages = {"only": nn.Sequential(nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.ReLU())}
        network = StagedNetwork("only", stages, ("only",), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    return lambda name, device, dtype: network


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of numbered PNGs: views that move over soft noise, another noise for each shot."""

    def make(name: str, shots: Sequence[int] = (4,), side: int = 24) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        number = 0
        for shot, frames in enumerate(shots):
            random = np.random.default_rng(shot)
            coarse = random.integers(0, 256, (side // 4 + 1, (side + frames) // 4 + 2, 3), "u1")
            # Shots differ in their colours as well as in their forms.
            coarse[..., shot % 3] //= 4
            wall = coarse.repeat(4, axis=0).repeat(4, axis=1)
            for place in range(frames):
                number += 1
                pixels = np.ascontiguousarray(wall[:side, place : place + side])
                write_picture(folder / f"shot_{number:04}.png", Picture(PictureInfo(pixels.shape, "u8"), pixels))
        return folder

    return make
