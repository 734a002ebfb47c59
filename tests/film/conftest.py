"""A network that dreams a frame in milliseconds, and a picture to begin with."""

from __future__ import annotations

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
def bricks(tmp_path: Path) -> Path:
    """37×48 RGBA, 8 bits: odd on one side."""
    pixels = np.random.default_rng(5).integers(0, 256, (37, 48, 4), "u1")
    path = tmp_path / "bricks.png"
    write_picture(path, Picture(PictureInfo(pixels.shape, "u8", "sRGB", "straight"), pixels))
    return path
