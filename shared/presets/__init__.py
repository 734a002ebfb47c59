"""Presets: named looks, one JSON file each beside this one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..declaration import SettingError
from ..settings import DreamSettings

_FOLDER = Path(__file__).parent

# In the order they are shown. "Sources" are true to where they come from, "Ours" are looks of our own.
GROUPS = ("Sources", "Ours")

# What a look does not tell, unless a preset says so: the network and its layers, what the picture is and is for, and
# the machine.
_NOT_LOOKS = ("network", "layers", "seamless", "output", "content", "seed", "tile", "memory", "precision")


@dataclass(frozen=True, slots=True)
class Preset:
    """A look: the same whatever was set before.

    settings: every setting that makes a look, the defaults among them; the network and its layers only where the
        preset depends on them.
    """

    name: str
    title: str
    group: str
    description: str
    settings: dict[str, Any]


def names() -> list[str]:
    """The presets there are, by group and title."""
    return list(_presets())


def load(name: str) -> Preset:
    """The preset of that name. Raises `SettingError` when there is none."""
    found = _presets().get(name)
    if found is None:
        raise SettingError("preset", f"There is no preset {name!r}", ", ".join(names()))
    return found


@cache
def _presets() -> dict[str, Preset]:
    found = (_read(path) for path in _FOLDER.glob("*.json"))
    ordered = sorted(found, key=lambda preset: (GROUPS.index(preset.group), preset.title.casefold()))
    return {preset.name: preset for preset in ordered}


def _read(path: Path) -> Preset:
    raw = json.loads(path.read_text(encoding="utf-8"))
    told = DreamSettings.from_mapping(raw["settings"]).record()
    look = {name: value for name, value in told.items() if name not in _NOT_LOOKS or name in raw["settings"]}
    return Preset(path.stem, raw["title"], raw["group"], raw["description"], look)
