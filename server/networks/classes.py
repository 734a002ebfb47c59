"""The classes a network was trained to tell apart, by name and number. Imports no torch: the gateway asks here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from ...shared.declaration import SettingError, nearest


class Classifier(Protocol):
    """Anything that tells classes apart: a `NetworkInfo` or a loaded network."""

    @property
    def name(self) -> str:
        """The network's name."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names in the order of the logits, "" where a name is not known; empty without a classifier."""
        ...


class UnknownClass(SettingError):
    """The network knows no such class; ``allowed`` names the nearest."""


def class_names(count: int, given: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of ``count`` classes: the ``given`` ones, or ImageNet's, or "" for each.

    A thousand classes are ImageNet's of 2012 unless names are given: everyone counts them in the same order.
    """
    if len(given) == count:
        return tuple(given)
    return imagenet() if count == 1000 else ("",) * count


@cache
def imagenet() -> tuple[str, ...]:
    """ImageNet's thousand classes (Russakovsky et al. 2015), as torchvision spells them."""
    return tuple(Path(__file__).with_name("imagenet.txt").read_text(encoding="utf-8").splitlines())


def class_number(network: Classifier, asked: str) -> int:
    """Which of the network's classes ``asked`` means: a number from 0, or a name in any case. Raises `UnknownClass`."""
    if not network.classes:
        raise UnknownClass("layers", f"The network {network.name} has no classifier", "layers")
    text = asked.strip().lower()
    if text.isdecimal() and int(text) < len(network.classes):
        return int(text)
    names = [name.lower() for name in network.classes]
    if text and text in names:
        return names.index(text)
    numbers = f"0 to {len(names) - 1}"
    known = [name for name in names if name]
    within = [name for name in known if text and text in name][:6]
    allowed = (
        f"{numbers}, or {', '.join(within) or nearest(text, known)}" if known and not text.isdecimal() else numbers
    )
    raise UnknownClass("layers", f"The network {network.name} has no class {asked!r}", allowed)
