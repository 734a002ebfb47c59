"""The way to the kernels that numba compiles, where there is numba; whoever asks has torch to fall back on."""

from __future__ import annotations

import logging
import threading
from importlib import import_module
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

log = logging.getLogger(__name__)

# One at a time: not every pool of numba's threads can be used from two.
_lock = threading.Lock()
_loaded: list[ModuleType | None] = []

# Loading takes 1.5 s of processor time: what 200 to 300 steps of GoogLeNet at 512² save, 4e7 numbers each if "auto".
_WORTH_LOADING = 8_000_000_000
_asked = [0]


def serves(*tensors: Tensor, at_once: bool = True) -> bool:
    """Whether the kernels are there, and take such tensors: float32 on a CPU, laid out channels last.

    at_once: they are loaded if need be. Else only once so much has been asked for that loading would have paid; fit
    where kernels and torch agree to the bit, since which of them runs then depends on what ran before.
    """
    if not all(_fits(tensor) for tensor in tensors):
        return False
    if not at_once and not _loaded:
        _asked[0] += sum(tensor.numel() for tensor in tensors)
        at_once = _asked[0] > _WORTH_LOADING
    return (at_once or bool(_loaded)) and _kernels() is not None


def run(kernel: str, *arguments: object) -> None:
    """Run one of `numba_kernels` on as many threads as torch has, if numba has them.

    Tensors are given as (N, H, W, C) arrays of the same memory; to be called only after `serves`.
    """
    kernels = _kernels()
    assert kernels is not None
    given = [_array(argument) if isinstance(argument, Tensor) else argument for argument in arguments]
    with _lock:
        kernels.use_threads(torch.get_num_threads())
        getattr(kernels, kernel)(*given)


def _array(tensor: Tensor) -> np.ndarray:
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.uint16)
    return tensor.detach().permute(0, 2, 3, 1).numpy()


def _fits(tensor: Tensor) -> bool:
    return (
        tensor.device.type == "cpu"
        and tensor.dtype == torch.float32
        and tensor.ndim == 4
        and tensor.numel() > 0
        and tensor.is_contiguous(memory_format=torch.channels_last)
    )


def _kernels() -> ModuleType | None:
    if not _loaded:
        with _lock:
            if not _loaded:
                _loaded.append(_load())
    return _loaded[0]


def _load() -> ModuleType | None:
    threads = torch.get_num_threads()
    try:
        numba_kernels = import_module(".numba_kernels", __package__)
        numba_kernels.use_threads(threads)
        trial = np.ones((1, 2, 2, 1), np.float32)
        numba_kernels.normalise(trial, np.empty_like(trial), 1, 1.0, True, 1.0)
    except ModuleNotFoundError:
        return None
    except Exception as error:  # a compiler that fails, whatever its reason, must not end a dream that can do without
        log.warning("numba can't be used, so torch pools and normalises: %s", " ".join(str(error).split())[:200])
        return None
    finally:
        torch.set_num_threads(threads)  # numba's pool sets its own number in the OpenMP that torch shares with it
    return numba_kernels
