"""Presets: named sets of settings, one JSON file each beside this one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..declaration import SettingError
from ..settings import DreamSettings

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Preset:
    """A named subset of the settings; what it leaves out stays as it was."""

    name: str
    title: str
    description: str
    settings: dict[str, Any]


def names() -> list[str]:
    """The presets there are, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def load(name: str) -> Preset:
    """The preset of that name. Raises `SettingError` when there is none or its file holds a bad setting."""
    if name not in names():
        raise SettingError("preset", f"There is no preset {name!r}", ", ".join(names()))
    raw = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    DreamSettings.from_mapping(raw["settings"])
    return Preset(name, raw["title"], raw["description"], raw["settings"])
