"""What a running dream reports. The caller cancels by asking for no further event."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Where the dream stands.

    step: steps done so far, over all octaves. A tiled step reports after every tile, so the same number
        may come several times.
    steps: how many steps there are in all.
    seconds_left: an estimate, None until there is something to go by.
    picture: 1x3xhxw float32, the octave's size, on the dream's device; valid until the next event is asked
        for, because the next step changes it in place.
    """

    step: int
    steps: int
    seconds_left: float | None
    picture: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """The last event: the dream, 1x3xHxW float32, of the input's size and on its device."""

    picture: Tensor
