"""Memory: how much of a picture may be dreamed at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..networks.staged import StagedNetwork
from .device import describe

# A tile may take this much of the device's memory: the rest is for the weights, the picture's own copies, and
# whoever else is there (Blender's own textures and renderer, on a graphics card).
_SHARE = {"cpu": 0.25, "cuda": 0.5, "mps": 0.25}
# More gains nothing on a CPU.
_CPU_LIMIT = 6 * 2**30
# Backward needs some tensors for a moment beside those that forward kept: measured, see docs/performance.md.
_WORKING_FACTOR = 2.0


def pixels_at_once(network: StagedNetwork, layers: Sequence[str], device: torch.device) -> int:
    """How many pixels a picture may have for its gradient to fit the device's memory.

    It depends on the machine, not on what else runs there just now, so that a job repeats exactly.
    """
    info = describe(device)
    budget = info.memory * _SHARE[info.kind]
    if info.kind == "cpu":
        budget = min(budget, _CPU_LIMIT)
    return int(budget / (_WORKING_FACTOR * bytes_per_pixel(network, layers, device)))


def bytes_per_pixel(network: StagedNetwork, layers: Sequence[str], device: torch.device) -> float:
    """How many bytes forward keeps for backward, per pixel of the picture: counted in a small picture."""
    side = max(network.min_side, 128)
    weights = {tensor.untyped_storage().data_ptr() for tensor in network.state_dict().values()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    seen = torch.zeros(1, 3, side, side, device=device, dtype=network.mean.dtype).requires_grad_()
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        activations = network(seen, layers)
    del activations
    return sum(kept.values()) / side**2
