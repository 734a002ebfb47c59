"""A few small pictures that are easily told apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reverie.server.training.folder import Pictures


@pytest.fixture(scope="session")
def stripes() -> Pictures:
    """48 pictures of 43², half of lying and half of standing stripes; every eighth held out."""
    generator = np.random.default_rng(0)
    down, right = np.mgrid[0:43, 0:43] / 43
    pictures = []
    for number in range(48):
        waves = np.sin(2 * np.pi * 5 * (down if number % 2 else right) + generator.random() * 6)
        coloured = 0.5 + 0.3 * waves * generator.uniform(0.6, 1.2, (3, 1, 1)) + generator.normal(0, 0.05, (3, 43, 43))
        pictures.append((coloured.clip(0, 1) * 255).astype(np.uint8))
    labels = torch.arange(48) % 2
    held_out = torch.arange(48) % 8 >= 6
    return Pictures(torch.from_numpy(np.stack(pictures)), labels, held_out, ("standing", "lying"), (), "stripes")
