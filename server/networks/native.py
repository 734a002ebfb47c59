"""The way to the kernels that numba compiles, where there is numba; whoever asks has torch to fall back on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

log = logging.getLogger(__name__)

# One at a time: not every pool of numba's threads can be used from two.
_running = threading.Lock()
_loading = threading.Lock()

# Numba and all kernels load in half a second: what 100 steps of GoogLeNet at 512² save, 4e7 numbers each if "auto".
_WORTH_LOADING = 4_000_000_000


# Waking other threads takes as long as so many numbers do.
_WORTH_WAKING = 1 << 17


class Kernels:
    """The kernels of one module of `compiled`, which is loaded when it is first wanted."""

    def __init__(self, name: str, types: tuple[torch.dtype, ...] = (torch.float32,)) -> None:
        self._name, self._types = name, types
        self._loaded: list[ModuleType | None] = []
        self._asked = 0

    def serve(self, *tensors: Tensor, at_once: bool = True, partly: bool = False) -> bool:
        """Whether the kernels are there, and take such tensors: of their types, on a CPU, laid out channels last.

        partly: or some channels of a tensor that is, see `whole`.
        at_once: they are loaded if need be. Else only once so much has been asked for that loading would have paid;
        fit where kernels and torch agree to the bit, since which of them runs then depends on what ran before.
        """
        if not all(tensor.dtype in self._types and _fits(tensor, partly) for tensor in tensors):
            return False
        if not at_once and not self._loaded:
            self._asked += sum(tensor.numel() for tensor in tensors)
            at_once = self._asked > _WORTH_LOADING
        return (at_once or bool(self._loaded)) and self.module() is not None

    def run(self, kernel: str, *arguments: object) -> None:
        """Run one of them on as many threads as torch has, if numba has them.

        Tensors are given as (N, H, W, C) arrays of the same memory; to be called only after `serve`.
        """
        kernels = self.module()
        assert kernels is not None
        given = [_array(argument) if isinstance(argument, Tensor) else argument for argument in arguments]
        work = min(argument.numel() for argument in arguments if isinstance(argument, Tensor))
        with _running:
            _use_threads()(torch.get_num_threads() if work > _WORTH_WAKING else 1)
            getattr(kernels, kernel)(*given)

    def module(self) -> ModuleType | None:
        """Where they are, loaded if need be; None where they can't be had."""
        if not self._loaded:
            with _loading:
                if not self._loaded:
                    self._loaded.append(self._load())
        return self._loaded[0]

    def _load(self) -> ModuleType | None:
        threads = torch.get_num_threads()
        try:
            _use_threads()(threads)
            return import_module(f".compiled.{self._name}", __package__)
        except ModuleNotFoundError:
            return None
        except Exception as error:  # a compiler that fails, whatever its reason, must not end a dream
            said = " ".join(str(error).split())[:200]
            log.warning("numba can't be used for %s, which torch does instead: %s", self._name, said)
            return None
        finally:
            torch.set_num_threads(threads)  # numba's pool sets its own number in the OpenMP that torch shares with it


pooling = Kernels("pooling")
normalisation = Kernels("normalisation")
rounding = Kernels("rounding", (torch.float32, torch.bfloat16))
winograd = Kernels("winograd")


FAMILIES = (winograd, pooling, rounding, normalisation)


def get_ready() -> None:
    """Load all kernels, and compile those that never were, which takes 10 s once: before anyone waits for a dream."""
    for kernels in FAMILIES:
        kernels.module()


def whole(tensor: Tensor) -> tuple[Tensor, int]:
    """The tensor, laid out channels last, of which this one is some channels; and the first of them."""
    if tensor.is_contiguous(memory_format=torch.channels_last):  # whatever its strides along sides of 1
        return tensor, 0
    batch, _, height, width = tensor.shape
    step, channel = tensor.stride(3), int(tensor.storage_offset() % tensor.stride(3))
    strides = (height * width * step, 1, width * step, step)
    return tensor.as_strided((batch, step, height, width), strides, tensor.storage_offset() - channel), channel


def _use_threads() -> Callable[[int], None]:
    return import_module(".compiled.compiling", __package__).use_threads


def _array(tensor: Tensor) -> np.ndarray:
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.uint16)
    return tensor.detach().permute(0, 2, 3, 1).numpy()


def _fits(tensor: Tensor, partly: bool) -> bool:
    return (
        tensor.device.type == "cpu"
        and tensor.ndim == 4
        and tensor.numel() > 0
        and (tensor.is_contiguous(memory_format=torch.channels_last) or (partly and _is_part(tensor)))
    )


def _is_part(tensor: Tensor) -> bool:
    batch, channels, height, width = tensor.shape
    step = tensor.stride(3)
    strides = (tensor.stride(0) if batch == 1 else height * width * step, 1, width * step, step)
    return tensor.stride() == strides and bool(tensor.storage_offset() % step + channels <= step)
