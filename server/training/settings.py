"""What can be asked of a training, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ...shared.declaration import Declared, setting


@dataclass(frozen=True)
class TrainSettings(Declared):
    """The settings of a training. Equal settings, pictures and device give an equal network."""

    epochs: int = setting(
        0, "Epochs", "How often every picture is seen. 0 chooses by how many pictures there are", hard=(0, 10000)
    )
    size: int = setting(
        64, "Size", "The side of the square pieces the network is shown", hard=(32, 512), soft=(32, 224), unit="px"
    )
    robust: float = setting(
        1.0,
        "Robust",
        "How far each picture is pushed against the network before it learns from it (L2, pictures in 0 to 1). "
        "Robust networks dream things a person recognises; 0 trains plainly, twice as fast",
        hard=(0.0, 16.0),
    )
    batch: int = setting(64, "Batch", "Pictures learned from at once", hard=(4, 4096))
    rate: float = setting(0.002, "Rate", "The learning rate at its highest", hard=(1e-6, 1.0))
    decay: float = setting(0.05, "Decay", "How strongly weights are drawn to zero", hard=(0.0, 1.0))
    patience: int = setting(
        0,
        "Patience",
        "Stop early after this many epochs without a better held-out accuracy. 0: half of all, for most is learned "
        "while the rate falls",
        hard=(0, 10000),
    )
    clusters: int = setting(
        12, "Clusters", "Into how many classes a folder without class folders is sorted", hard=(2, 1000)
    )
    seed: int = setting(0, "Seed", "The same seed gives the same network", hard=(0, 2**31 - 1))
