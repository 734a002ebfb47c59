"""The work of one process: cut-outs painted, pictures composed, each into its file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from . import compose
from .classes import MotifClass
from .files import HELD_OUT, Folder, Recipe, load, save
from .painting import PAINTERS
from .raster import Array, Rng

# The keys of a class's random numbers: one stream for each purpose.
_CUTOUT, _TRAIN, _HELD_OUT = range(3)


def cut_out(folder: Folder, recipe: Recipe, motif: MotifClass, number: int) -> None:
    """Paint one cut-out of a class whose motifs are painted."""
    rng = motif.rng(recipe.seed, _CUTOUT, number)
    save(folder.cutout(motif, number), PAINTERS[motif.name](rng, recipe.size * 3 // 2))


def compose_class(folder: Folder, recipe: Recipe, motif: MotifClass, wanted: Sequence[tuple[int, bool]]) -> None:
    """Compose pictures of one class, each given by its number and whether it is held out."""
    for number, held_out in wanted:
        rng = motif.rng(recipe.seed, _HELD_OUT if held_out else _TRAIN, number)
        save(folder.picture(motif, number, held_out), _composed(rng, folder, recipe, motif, held_out))


def _composed(rng: Rng, folder: Folder, recipe: Recipe, motif: MotifClass, held_out: bool) -> Array:
    if motif.source == "pattern":
        pattern = PAINTERS[motif.name](rng, recipe.size * compose.OVERSAMPLING)
        return compose.of_pattern(rng, recipe.size, pattern, motif.turn, motif.hue)
    numbers = [k for k in range(recipe.renders) if (k % HELD_OUT == HELD_OUT - 1) == held_out]
    # Of a handful none is left to hold out.
    numbers = numbers or list(range(recipe.renders))
    chosen = [_loaded(folder.cutout(motif, int(k))) for k in rng.choice(numbers, 3)]
    return compose.of_cutouts(rng, recipe.size, chosen, motif.turn, motif.hue)


@lru_cache(maxsize=64)
def _loaded(path: Path) -> Array:
    return load(path)
