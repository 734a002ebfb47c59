"""What can be asked of a dream: declared here, once, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import Choice, Declared, setting


@dataclass(frozen=True)
class DreamSettings(Declared):
    """The settings of a still dream. The defaults are Google's notebook of 2015, our preset "classic"."""

    network: str = setting(
        "ornament", "Network", "The network that dreams: what it has learned to see is what will appear", hard=(1, 128)
    )
    layers: str = setting(
        "",
        "Layers",
        "What to excite, names separated by commas: early layers draw strokes, deep ones whole things. "
        "Empty means the network's own favourite",
        hard=(0, 1024),
    )
    octaves: int = setting(
        4, "Octaves", "How many sizes the dream goes through, from small to full", hard=(1, 16), soft=(1, 8)
    )
    octave_scale: float = setting(
        1.4, "Octave Scale", "The ratio between one octave's size and the next", hard=(1.05, 4.0), soft=(1.2, 2.0)
    )
    iterations: int = setting(
        10, "Iterations", "Steps taken at each octave: more steps, a stronger dream", hard=(1, 2000), soft=(1, 50)
    )
    step: float = setting(
        1.5,
        "Step",
        "How far one step moves the picture on average, in 1/255 of its range",
        hard=(0.0, 64.0),
        soft=(0.1, 6.0),
        unit="/255",
    )
    strength: float = setting(
        1.0, "Strength", "How much of the dream is mixed into the picture: 0 leaves it untouched", hard=(0.0, 1.0)
    )
    seed: int = setting(
        0, "Seed", "The same seed, settings and picture give the same dream", hard=(0, 2**31 - 1), advanced=True
    )
    jitter: int = setting(
        32,
        "Jitter",
        "Each step looks at the picture shifted by up to this much, so that no grid shows",
        hard=(0, 1024),
        soft=(0, 64),
        unit="px",
        advanced=True,
    )
    clip: bool = setting(
        True, "Clip", "Keep every step within the picture's range, as the original does", advanced=True
    )
    tile: int = setting(
        0,
        "Tile",
        "Dream large pictures in tiles of this side, which bounds the memory needed. 0 chooses by itself",
        hard=(0, 16384),
        soft=(0, 2048),
        unit="px",
        advanced=True,
    )
    precision: str = setting(
        "auto",
        "Precision",
        "Numbers the network computes in",
        choices=(
            Choice("auto", "Automatic", "The fastest this device can do without changing the picture's look"),
            Choice("float32", "Full", "32-bit: slowest, exactly repeatable across devices of one kind"),
            Choice("bfloat16", "Brain Half", "16-bit with a wide range"),
            Choice("float16", "Half", "16-bit, for graphics cards"),
        ),
        advanced=True,
    )

    def layer_names(self) -> tuple[str, ...]:
        """The layers asked for, in the order given; empty for the network's favourite."""
        return tuple(name.strip() for name in self.layers.split(",") if name.strip())
