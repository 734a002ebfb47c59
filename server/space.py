"""Space: where a picture's large buffers lie.

In memory as long as a dream's few whole-picture buffers take no more than half of it. Larger ones lie in an unnamed
file that is mapped into memory: the system keeps the parts in use there and writes the rest out, so that a picture of
16,384² (3.2 GB a buffer) can be dreamed where there are 8 GB. And those too large for a graphics card lie in the
machine's memory, from where tiles go to the card one by one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

# What a dream keeps of a picture besides the tile at hand: the original, the octave's base, the dream, its slope.
PICTURE_BUFFERS = 4
_SHARE = 0.5
# The folder for large temporary files that outlives a restart, and so lies on a disk; /tmp may be in memory.
_ON_DISK = "/var/tmp"


def room(shape: Sequence[int], device: torch.device | str = "cpu", memory: float = 0.0) -> Tensor:
    """An empty float32 tensor for a whole picture, NxCxHxW; on the CPU in a file where memory is short.

    memory: what may be taken of it, in GB; 0: what the machine has. Raises `OSError` where the disk is full as well.
    """
    if torch.device(device).type != "cpu" or in_memory(shape, memory):
        return torch.empty(*shape, device=device)
    folder = _ON_DISK if Path(_ON_DISK).is_dir() else None
    with tempfile.TemporaryFile(dir=folder) as file:
        # Reserved now, for where a mapped file meets a full disk there is no error to catch.
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, 4 * prod(shape))
        return torch.from_numpy(np.memmap(file, np.float32, "r+" if os.name == "posix" else "w+", shape=tuple(shape)))


def in_memory(shape: Sequence[int], memory: float = 0.0) -> bool:
    """Whether a dream's buffers for a picture of that shape fit ``memory`` GB; 0: the machine's."""
    limit = memory * 1e9 or memory_limit()
    return PICTURE_BUFFERS * 4 * prod(shape) <= _SHARE * limit


def where_it_lies(shape: Sequence[int], device: torch.device) -> torch.device:
    """The device that the whole picture's buffers are kept on, for a dream on ``device``: that one, or the CPU."""
    if device.type != "cuda":
        return device
    whole = torch.cuda.get_device_properties(device).total_memory
    return device if in_memory(shape, whole / 1e9) else torch.device("cpu")


def memory_limit() -> int:
    """The bytes of memory that this process may use: the machine's, or fewer where a container bounds them."""
    return min([physical_memory(), *_container_limits()])


def physical_memory() -> int:
    """The bytes of memory of this machine."""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    # Windows has no sysconf; 8 GiB is what any machine that runs Blender has.
    return 8 * 2**30


def _container_limits() -> list[int]:
    """What control groups of either version set (Linux)."""
    files = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
    limits = []
    for file in files:
        try:
            limits.append(int(Path(file).read_text()))
        except (OSError, ValueError):  # there is none, or it says "max"
            continue
    return limits
