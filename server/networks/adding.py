"""A person's own networks: put into the store under a name, and taken out of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from ...shared.declaration import SettingError, nearest
from . import store
from .architectures import ARCHITECTURES
from .catalogue import NetworkInfo, built_in, catalogue, find
from .cutting import class_count, needed_weights
from .weights import read_state_dict

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def add(file: Path, architecture: str, name: str, class_names: Sequence[str] = ()) -> NetworkInfo:
    """Put the state dict in ``file`` into the store as ``name``.

    architecture: one of `ARCHITECTURES`; the network's input is normalised as its published weights want it.
    class_names: one for each class its classifier tells apart, in the order of its training, or none.
    Raises `SettingError` for a bad or taken name, an unknown architecture or names that don't fit, and
    `UnreadableWeights` or `UnfitWeights` for a bad file; then the store is as it was.
    """
    check_name(name)
    if architecture not in ARCHITECTURES:
        raise SettingError(
            "architecture", f"There is no architecture {architecture!r}", nearest(architecture, list(ARCHITECTURES))
        )
    weights = read_state_dict(file)
    classes = class_count(ARCHITECTURES[architecture], weights)
    if class_names and len(class_names) != classes:
        problem = f"{len(class_names)} names are given, but the classifier tells {classes} classes apart"
        raise SettingError("classes", problem, f"{classes} names, one a line, in the order of its training")
    write_tensors(needed_weights(ARCHITECTURES[architecture], weights), store.tensors_path(name))
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    store.write_card(store.Card(name, architecture, classes, digest, file.name, tuple(class_names)))
    return find(name)


def remove(name: str) -> None:
    """Take an added network out of the store. Raises `SettingError` when there is no added network of that name."""
    added = [card.name for card in store.cards()]
    if name not in added:
        problem = f"{name} is built in and stays" if name in built_in() else f"No network {name!r} has been added"
        raise SettingError("name", problem, ", ".join(added) or "nothing, as no network has been added")
    store.card_path(name).unlink()
    store.tensors_path(name).unlink(missing_ok=True)


def check_name(name: str) -> None:
    """Raise `SettingError` unless a network may be called ``name``: well formed, and not taken."""
    if not _NAME.fullmatch(name):
        raise SettingError("name", f"A network can't be called {name!r}", "1 to 64 letters, digits, - and _")
    taken = next((info.name for info in catalogue() if info.name.lower() == name.lower()), None)
    if taken:
        advice = (
            "another name"
            if taken in built_in()
            else f"another name, or this one after: reverie networks remove {taken}"
        )
        raise SettingError("name", f"There is already a network {taken}", advice)


def write_tensors(tensors: dict[str, Tensor], target: Path) -> None:
    """Write ``tensors`` to ``target``, a safetensors file, in one piece. Raises `OSError` where there is no room."""
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        save_file(tensors, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
