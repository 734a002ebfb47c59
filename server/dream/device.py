"""Devices: where a dream is computed, and in what numbers."""

from __future__ import annotations

import platform
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from ...shared.declaration import SettingError
from ..space import memory_limit

# Networks whose gradient in bfloat16 is that in float32 but for a cosine of 0.99: measured, see docs/performance.md.
_STEADY = frozenset({"ornament", "reverie"})


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device in words. ``kind`` is "cpu", "cuda" or "mps"; ``memory`` is its whole memory in bytes."""

    name: str
    kind: str
    memory: int


def available() -> list[str]:
    """The devices of this machine by name, the fastest first."""
    cards = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*cards, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name: "auto" (the fastest), "cpu", "cuda" (the first), "cuda:0", "mps".

    Raises `SettingError` when this machine has no such device.
    """
    devices = available()
    if name == "auto":
        return torch.device(devices[0])
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in devices:
        raise SettingError("device", f"This machine has no device {name!r}", ", ".join(["auto", *devices]))
    return torch.device(wanted)


def describe(device: torch.device) -> DeviceInfo:
    """What the device is called and how much memory it has."""
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return DeviceInfo(properties.name, "cuda", properties.total_memory)
    if device.type == "mps":
        return DeviceInfo(f"Apple {platform.machine()} GPU", "mps", torch.mps.recommended_max_memory())
    return DeviceInfo(f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)", "cpu", memory_limit())


def pick_dtype(precision: str, device: torch.device, network: str = "") -> torch.dtype:
    """The numbers a network computes in, for the setting ``precision``. The picture itself stays float32.

    "auto" takes bfloat16 where the device multiplies it in hardware and ``network`` is known to dream the same
    in it, float32 otherwise. Raises `SettingError` for float16 on a CPU, which would crawl.
    """
    if precision == "float16" and device.type == "cpu":
        raise SettingError("precision", "Half precision needs a graphics card", "auto, float32 or bfloat16")
    if precision != "auto":
        return getattr(torch, precision)
    # Not on CPUs, though some multiply it: oneDNN 3.13 compiles certain bfloat16 kernels without end.
    half = device.type == "cuda" and network in _STEADY and multiplies_bfloat16(device)
    return torch.bfloat16 if half else torch.float32


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware, and so faster than float32."""
    if device.type == "cpu":
        supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
        return bool(supported and supported())
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def repeatable(precision: str) -> AbstractContextManager[None]:
    """While it is entered, cuDNN computes the same thing every time.

    With "float32" it does so in full, otherwise in the 19-bit TF32 where a graphics card has it.
    """
    return torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=precision != "float32"
    )


class Backlog:
    """Keeps the caller at most one step ahead of a device that works on its own.

    Without it thousands of steps could wait in a graphics card's queue: progress would lie and cancelling would
    have to wait for all of them.
    """

    def __init__(self, device: torch.device) -> None:
        self._queued = device.type != "cpu"
        self._device = device
        self._last: torch.Event | None = None

    def wait(self) -> None:
        """Wait until everything asked for before the previous call is done."""
        if not self._queued:
            return
        if self._last is not None:
            self._last.synchronize()
        self._last = torch.Event(self._device)
        self._last.record()
