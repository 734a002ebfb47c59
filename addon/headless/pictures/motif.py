"""What a motif is: a builder of a body in the empty scene, and from where it is best seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Rng = np.random.Generator
Builder = Callable[[Rng], None]


@dataclass(frozen=True, slots=True)
class Motif:
    """A kind of body.

    build: puts one of its kind into the empty scene, of any size, anywhere.
    above: from where the camera looks, degrees above the horizon (90 is straight down), from and to.
    around: degrees around the body, 0 from the front (−y), from and to.
    """

    build: Builder
    above: tuple[float, float]
    around: tuple[float, float]


MOTIFS: dict[str, Motif] = {}


def motif(
    name: str, above: tuple[float, float] = (0, 35), around: tuple[float, float] = (-180, 180)
) -> Callable[[Builder], Builder]:
    """Enter a builder into `MOTIFS` under the name of its class."""

    def enter(build: Builder) -> Builder:
        MOTIFS[name] = Motif(build, above, around)
        return build

    return enter
