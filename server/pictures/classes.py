"""The classes of the training set: their names, where their motifs come from, and how they are set in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np

from .errors import RequestError

Source = Literal["pattern", "painted", "rendered"]


@dataclass(frozen=True, slots=True)
class MotifClass:
    """One class of motifs.

    name: of its folder.
    source: "pattern": a painter fills the frame; "painted": a painter cuts it out; "rendered": Blender does.
    turn: how far it may lie askew in the picture, degrees either way.
    hue: how far its hue may be shifted in a picture, a fraction of the whole circle either way.
    """

    name: str
    source: Source
    turn: float = 20.0
    hue: float = 0.04

    def rng(self, seed: int, *key: int) -> np.random.Generator:
        """Random numbers of this class alone, the same for the same seed and key."""
        return np.random.default_rng([seed, crc32(self.name.encode()), *key])


def _of(source: Source, turn: float, hue: float, names: str) -> list[MotifClass]:
    return [MotifClass(name, source, turn, hue) for name in names.split()]


ROSTER: tuple[MotifClass, ...] = tuple(
    sorted(
        [
            # Patterns without an up.
            *_of(
                "pattern", 180, 0.06, "agate bubbles cracked-earth fur galaxy labyrinth leopard mandala marble mosaic"
            ),
            *_of("pattern", 180, 0.06, "pebbles ripples scales spiderweb stained-glass star-tiles woven-cloth zebra"),
            *_of("pattern", 180, 0.02, "circuit-board honeycomb tartan"),
            # Patterns that stand upright.
            *_of("pattern", 15, 0.03, "bark basket brickwork clouds flames knitting lightning peacock roof-tiles"),
            *_of("pattern", 15, 0.03, "waves wood"),
            *_of("painted", 25, 0.04, "eye"),
            *_of("painted", 180, 0.06, "butterfly feather snowflake"),
            # Bodies that may lie any way.
            *_of("rendered", 180, 0.04, "ammonite beetle chain coral crab crystal daisy fern fish gear gemstone key"),
            *_of(
                "rendered", 180, 0.04, "knot ladybird leaf lotus nautilus rope rose sea-urchin snake spider spring star"
            ),
            *_of("rendered", 180, 0.04, "starfish sunflower turret-shell turtle clockwork wheel"),
            # Bodies that stand.
            *_of(
                "rendered",
                20,
                0.04,
                "bird cactus caterpillar grapes jellyfish lantern mask monkey mushroom octopus owl",
            ),
            *_of(
                "rendered", 20, 0.03, "pine-cone pumpkin skull snail teapot teeth tentacles tree hourglass candle crown"
            ),
            *_of("rendered", 10, 0.03, "arch castle-tower column onion-dome pagoda stairs"),
        ],
        key=lambda motif: motif.name,
    )
)


def choose(names: str = "") -> list[MotifClass]:
    """The classes of a comma-separated list, all for none, in the roster's order. Raises `RequestError`."""
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    unknown = sorted(wanted - {motif.name for motif in ROSTER})
    if unknown:
        known = ", ".join(motif.name for motif in ROSTER)
        raise RequestError(f"No such class: {', '.join(unknown)}.", f"The classes are: {known}.")
    return [motif for motif in ROSTER if not wanted or motif.name in wanted]
