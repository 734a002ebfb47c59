"""What a row of the bench says, and how times are taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

# How a table shows whether a row holds.
HOLDS = {True: "[green]yes", False: "[red]no", None: "not measured"}


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, with what result and against which bar, in words.

    holds: whether the bar is met; None where nothing is claimed.
    """

    what: str
    measured: str
    bar: str
    holds: bool | None


def times(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each contender, one after the other in every round, so that a busy machine slows all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for round_ in range(-1, rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if round_ >= 0:  # the round before the first warms up
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(above: list[float], below: list[float]) -> float:
    """The median over the rounds of one time divided by another of the same round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def at_least(what: str, value: float, bar: float, unit: str = " ×") -> Row:
    """A row whose value must reach its bar."""
    return Row(what, f"{value:.3g}{unit}", f"≥ {bar:g}{unit}", value >= bar)


def at_most(what: str, value: float, bar: float, unit: str = " ×") -> Row:
    """A row whose value must not exceed its bar."""
    return Row(what, f"{value:.3g}{unit}", f"≤ {bar:g}{unit}", value <= bar)
