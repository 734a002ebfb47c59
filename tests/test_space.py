"""Where large buffers lie: nobody notices, but for what fits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from reverie.server import space
from reverie.server.dream.events import Finished
from reverie.server.dream.still import dream_still
from reverie.server.networks.loading import load
from reverie.shared.settings import DreamSettings


def mapped_bytes(tensor: torch.Tensor) -> bool:
    """Whether a tensor lies in a file that has no name any more."""
    address = tensor.data_ptr()
    for line in Path("/proc/self/maps").read_text().splitlines():
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if start <= address < end:
            return "(deleted)" in line
    return False


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="asks Linux where memory lies")
def test_only_what_is_too_large_for_memory_lies_in_a_file() -> None:
    assert not mapped_bytes(space.room((1, 3, 2000, 2000)))
    large = space.room((1, 3, 2000, 2000), memory=0.3)
    assert mapped_bytes(large)
    large.fill_(0.25)
    assert large.sum().item() == 3_000_000


def test_a_picture_of_16384_pixels_a_side_is_in_memory_only_where_there_is_enough() -> None:
    shape = (1, 3, 16384, 16384)
    assert not space.in_memory(shape, 8)
    assert space.in_memory(shape, 32)


def test_a_dream_in_files_is_the_dream_in_memory() -> None:
    picture = torch.rand(1, 3, 300, 280, generator=torch.Generator().manual_seed(0))
    settings = DreamSettings(octaves=2, iterations=2, tile=128, precision="float32")
    results = []
    for memory in (0.0, 1e-6):
        *_, last = dream_still(picture, load("ornament"), settings.replace(memory=memory))
        assert isinstance(last, Finished)
        results.append(last.picture.clone())
    assert torch.equal(*results)


def test_a_full_disk_is_an_error_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(space.os, "posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match="No space left"):
        space.room((1, 3, 2000, 2000), memory=0.3)
