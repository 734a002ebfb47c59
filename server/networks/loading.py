"""From a network's name to the network, ready to dream."""

from __future__ import annotations

import torch

from . import store
from .architectures import ARCHITECTURES
from .catalogue import NetworkInfo, find
from .cutting import cut
from .installing import Progress, install, missing_weights
from .ornament import ornament
from .staged import StagedNetwork
from .weights import MissingWeights, UnreadableWeights, WeightsError, read_state_dict

__all__ = ["MissingWeights", "UnreadableWeights", "WeightsError", "load"]


def load(
    name: str,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    progress: Progress | None = None,
    *,
    download: bool = False,
) -> StagedNetwork:
    """The network called ``name`` on ``device``, its numbers in ``dtype``, laid out channels last.

    download: fetch weights that are missing, calling progress(done_bytes, total_bytes); without it, missing
    weights are an error, for nothing is to be fetched without asking.
    Raises `UnknownNetwork`, `MissingWeights` and other `WeightsError`.
    """
    info = find(name)
    if download:
        install(info, progress)
    network = ornament() if info.name == "ornament" else _with_weights(info)
    return network.to(device=device, dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]


def _with_weights(info: NetworkInfo) -> StagedNetwork:
    path = store.weights_of(info.name)
    if path is None:
        raise missing_weights(info)
    return cut(ARCHITECTURES[info.architecture], info.name, read_state_dict(path), info.classes)
