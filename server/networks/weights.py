"""State dicts on disk: safetensors, or torch's own format read without running code from it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor


class WeightsError(Exception):
    """Weights that can't be used. ``str()`` says what happened in one sentence, ``hint`` what to do in another."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


class MissingWeights(WeightsError):
    """The weights are not on this machine."""


class UnreadableWeights(WeightsError, ValueError):
    """The file is there but is not a state dict that can be read."""


class UnfitWeights(WeightsError, ValueError):
    """The state dict is of another architecture."""


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors in ``path`` (.safetensors, or .pth and .pt) by name, on the CPU. Raises `UnreadableWeights`."""
    try:
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        return _tensors(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, EOFError, ValueError, RuntimeError, pickle.UnpicklingError, SafetensorError) as error:
        raise UnreadableWeights(
            f"{path.name} can't be read as a state dict",
            "Give a .safetensors file, or a .pth or .pt file that holds tensors alone (saved with state_dict()).",
        ) from error


def _tensors(saved: object) -> dict[str, Tensor]:
    """The state dict in what was saved: training scripts like to wrap it once and to prefix it with ``module.``."""
    if isinstance(saved, Mapping) and isinstance(saved.get("state_dict"), Mapping):
        saved = saved["state_dict"]
    if not isinstance(saved, Mapping):
        raise ValueError("not a mapping of names to tensors")
    tensors = {str(name): value for name, value in saved.items() if isinstance(value, Tensor)}
    if not tensors:
        raise ValueError("no tensors in it")
    return {name.removeprefix("module."): value for name, value in tensors.items()}
