"""Memory: how much of a picture may be dreamed at once, and what to do when it was too much."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..networks.staged import StagedNetwork
from ..space import PICTURE_BUFFERS
from .device import describe
from .sound_thread import on_a_sound_thread

# A tile may take this much of the device's memory: the rest is for the weights, the picture's own copies, and
# whoever else is there (Blender's own textures and renderer, on a graphics card).
_SHARE = {"cpu": 0.25, "cuda": 0.5, "mps": 0.25}
# And no more of what is free just now than this.
_SHARE_OF_FREE = 0.8
# More gains nothing on a CPU.
_CPU_LIMIT = 6 * 2**30
# Backward needs some tensors for a moment beside those that forward kept: measured, see docs/performance.md.
_WORKING_FACTOR = 2.0


class OutOfMemory(MemoryError):
    """There was not enough memory for a tile, nor for one of half its side. ``hint`` says what to set.

    side: of tiles that may still fit.
    """

    def __init__(self, side: int) -> None:
        super().__init__("There is not enough memory for this dream, even in smaller tiles")
        self.hint = f"Set Tile to {max(side, 1)} or less."


# The last are oneDNN's: what it says when it has no room for the code or the buffers of a convolution.
_WORDS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "could not create a primitive",
    "could not execute a primitive",
)


def ran_out(error: Exception) -> bool:
    """Whether an error says that memory ran out; only CUDA has an exception for it."""
    said = str(error).lower()
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and any(words in said for words in _WORDS)
    )


def tile_budget(device: torch.device, gigabytes: float = 0.0, picture_bytes: int = 0) -> int:
    """How many bytes a tile's activations may take.

    gigabytes: what the whole dream may take, the setting ``memory``; 0: a share of the device's, and less when less
        than that is free. picture_bytes: the size of one of the picture's buffers in memory; 0 where they are not.
    """
    if gigabytes:
        left = int(gigabytes * 1e9) - PICTURE_BUFFERS * picture_bytes
        # Buffers that lie in files are in memory as far as there is room: half of it is theirs.
        return max(left if picture_bytes else left // 2, 1)
    info = describe(device)
    budget = info.memory * _SHARE[info.kind]
    if info.kind == "cpu":
        budget = min(budget, _CPU_LIMIT)
    return int(min(budget, _SHARE_OF_FREE * _free(device, info.memory)))


def pixels_at_once(network: StagedNetwork, layers: Sequence[str], device: torch.device, budget: int = 0) -> int:
    """How many pixels a picture may have for its gradient to fit ``budget`` bytes; 0: what the device offers."""
    return int((budget or tile_budget(device)) / (_WORKING_FACTOR * bytes_per_pixel(network, layers, device)))


@on_a_sound_thread
def bytes_per_pixel(network: StagedNetwork, layers: Sequence[str], device: torch.device) -> float:
    """How many bytes forward keeps for backward, per pixel of the picture: counted in a small picture."""
    side = max(network.min_side, 128)
    weights = {tensor.untyped_storage().data_ptr() for tensor in network.state_dict().values()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        # Not the tensor itself: one that keeps what it came from, kept by that in turn, would never be freed.
        return tensor.detach()

    seen = torch.zeros(1, 3, side, side, device=device, dtype=network.mean.dtype).requires_grad_()
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        activations = network(seen, layers)
    del activations
    return sum(kept.values()) / side**2


def _free(device: torch.device, whole: int) -> float:
    """What is free of the device's memory, in bytes."""
    if device.type == "cuda":
        # What torch holds but does not use is free to us.
        return (
            torch.cuda.mem_get_info(device)[0]
            + torch.cuda.memory_reserved(device)
            - torch.cuda.memory_allocated(device)
        )
    if device.type == "mps":
        return max(whole - torch.mps.driver_allocated_memory(), 0)
    return min(_linux_available(whole), _container_left(whole))


def _linux_available(whole: int) -> float:
    try:
        facts = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        return int(facts["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):  # another system
        return whole


def _container_left(whole: int) -> float:
    """What the control group of this process may still take (Linux, version 2)."""
    group = Path("/sys/fs/cgroup")
    try:
        return int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):  # there is none, or it says "max"
        return whole
