"""Checkpoints: a training's state on disk, whole or not there."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch


def write_checkpoint(path: Path, identity: str, state: dict[str, Any]) -> None:
    """Put ``state`` at ``path`` in one piece. Raises `OSError` when there is no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        torch.save({"identity": identity, "state": state}, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_checkpoint(path: Path, identity: str) -> dict[str, Any] | None:
    """The state at ``path``, where there is one and it is of the training ``identity``."""
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        return saved["state"] if saved["identity"] == identity else None
    except (OSError, EOFError, KeyError, TypeError, RuntimeError, pickle.UnpicklingError):
        return None
