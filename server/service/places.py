"""Where in a cluster there are devices to dream on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """One device of one machine. node: the machine, as Ray calls it. device: as `pick_device` takes it there.

    gpus: how many graphics cards it takes, 0 or 1. threads: its share of the processor.
    """

    node: str
    index: int
    device: str
    gpus: int
    threads: int


def places(nodes: Iterable[Mapping[str, Any]], wanted: Sequence[str]) -> list[Place]:
    """The places to dream at, by what `ray.nodes` says.

    wanted: ["auto"] means every graphics card, and where there is none in the whole cluster, each machine's processor;
    ["cpu", "cpu"] two on each machine's processor. A machine that offers no processor is left alone.
    """
    offers = [(str(node["NodeID"]), node["Resources"]) for node in nodes if node["Alive"]]
    cards = set(wanted) == {"auto"} and any(offer.get("GPU", 0) >= 1 for _, offer in offers)
    found = []
    for node, offer in offers:
        count = int(offer.get("GPU", 0)) if cards else len(wanted) * (offer.get("CPU", 0) >= 1)
        threads = max(1, int(offer.get("CPU", 1)) // max(count, 1))
        # Ray shows an actor its own card alone, which is the first there.
        device = "cuda:0" if cards else "cpu"
        found += [Place(node, index, device, int(cards), threads) for index in range(count)]
    return found
