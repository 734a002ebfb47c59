"""Whether what a network dreams of its classes is recognised by another that has never met it.

    uv run python tests/support/class_dreams.py DREAMER JUDGE [--tries 40] [--seed 0] [--shown 64]

dreams classes of DREAMER from noise, spread evenly over all it has, and counts how many of the pictures JUDGE takes for
that class, shown to it in the size it learned from. The judge is to have the same classes, learned from the same
pictures from another seed and from nothing:

    uv run reverie train PICTURES --as judge --seed 1 --robust 0 --size 64
"""

from __future__ import annotations

import argparse

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.server.atlas.making import recipe
from reverie.server.dream.events import Finished
from reverie.server.dream.still import dream_still
from reverie.server.networks.catalogue import CLASSES
from reverie.server.networks.loading import load
from reverie.server.networks.staged import StagedNetwork


def class_dream(network: StagedNetwork, name: str, seed: int, side: int = 96) -> Tensor:
    """A dream of the class called ``name`` from noise, 1×3×side×side in 0..1."""
    settings = recipe(network.name, CLASSES).replace(layers=f"class({name})", seed=seed)
    *_, last = dream_still(torch.full((1, 3, side, side), 0.5), network, settings)
    assert isinstance(last, Finished)
    return last.picture


def taken_for(judge: StagedNetwork, picture: Tensor, shown: int = 64) -> str:
    """The class that ``judge`` takes ``picture`` for, shown to it with so many pixels a side."""
    picture = F.interpolate(picture, size=(shown, shown), mode="area")
    (maps,) = judge(picture, ["classes"])
    return judge.classes[int(maps.mean((2, 3)).argmax())]


def recognised(dreamer: StagedNetwork, judge: StagedNetwork, tries: int, seed: int = 0, shown: int = 64) -> float:
    """The share of ``tries`` class dreams of ``dreamer`` that ``judge`` takes for what they are."""
    assert set(dreamer.classes) == set(judge.classes)
    names = [dreamer.classes[number * len(dreamer.classes) // tries % len(dreamer.classes)] for number in range(tries)]
    dreams = [class_dream(dreamer, name, seed + number) for number, name in enumerate(names)]
    hits = [taken_for(judge, dream, shown) == name for dream, name in zip(dreams, names, strict=True)]
    return sum(hits) / tries


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dreamer")
    parser.add_argument("judge")
    parser.add_argument("--tries", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shown", type=int, default=64)
    given = parser.parse_args()
    share = recognised(load(given.dreamer), load(given.judge), given.tries, given.seed, given.shown)
    print(f"{share:.0%} of {given.tries} class dreams of {given.dreamer} are recognised by {given.judge}")
