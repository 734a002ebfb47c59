"""The plan: how one network is run for one objective's layers on one device, prepared once and kept."""

from __future__ import annotations

import logging
import weakref
from collections import OrderedDict
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from ..networks import packed
from ..networks.fusing import fused
from ..networks.staged import StagedNetwork
from .device import multiplies_bfloat16
from .replay import Replay, Run

log = logging.getLogger(__name__)

# Layers, type, device, the type that gradients are computed in, whether float32 is to be computed in full.
_Key = tuple[tuple[str, ...], torch.dtype, torch.device, torch.dtype, bool]

_FUSED_TYPES = (torch.float32, torch.bfloat16)
# A plan holds a second copy of the filters, turned round.
_KEPT = 4
_plans: WeakKeyDictionary[StagedNetwork, OrderedDict[_Key, Run | None]] = WeakKeyDictionary()


def plan(network: StagedNetwork, layers: tuple[str, ...], precision: str) -> Run:
    """What computes the activations of ``layers`` from a picture in the network's type, NxCxHxW, with a way back.

    On a CPU the network's operations are fused; on NVIDIA cards steps of one size are replayed; elsewhere it is run as
    it is. With the precision "auto" a float32
    network on a CPU that multiplies bfloat16 goes forward in float32, so that every ReLU and every pooling decides as
    ever, and back in bfloat16: measured, see docs/performance.md.
    """
    dtype, device = network.mean.dtype, network.mean.device
    backward = torch.bfloat16 if precision == "auto" and device.type == "cpu" and multiplies_bfloat16(device) else dtype
    known = _plans.setdefault(network, OrderedDict())
    key = (layers, dtype, device, backward, precision == "float32")
    if key not in known:
        known[key] = _prepare(network, layers, backward)
    known.move_to_end(key)
    while len(known) > _KEPT:
        known.popitem(last=False)
    return known[key] or partial(network, layers=layers)


def _prepare(network: StagedNetwork, layers: tuple[str, ...], backward: torch.dtype) -> Run | None:
    """None: nothing is gained over the network as it is."""
    if network.mean.device.type == "cuda":
        return Replay(_weakly(network, layers))
    if network.mean.device.type != "cpu" or network.mean.dtype not in _FUSED_TYPES or not packed.available():
        return None
    try:
        return fused(network, layers, backward)
    except Exception as error:  # tracing runs the network's own code; the network itself still works
        log.warning("%s can't be fused and runs as it is: %s", network.name, error)
        return None


def _weakly(network: StagedNetwork, layers: tuple[str, ...]) -> Run:
    """The network's run without a hold on the network, whose plans go when it goes."""
    held = weakref.ref(network)

    def run(picture: Tensor) -> list[Tensor]:
        alive = held()
        assert alive is not None, "a plan is only reached through its network"
        return alive(picture, layers)

    return run
