"""Rows on likeness: what is done for speed and size leaves the dream as it was."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ....shared.settings import DreamSettings
from ...dream.events import Finished
from ...dream.objective import View
from ...dream.objectives.compiling import objective_of
from ...dream.octaves import octave_sizes, resize
from ...dream.slope import Slopes, gradient
from ...dream.still import dream_still
from ...dream.tiles import tiling
from ...networks.staged import StagedNetwork
from ..seams import seam_ratio
from .lively import lively
from .row import Row, at_least, at_most

_TILE = 512


def likeness_rows(quick: bool) -> Iterator[Row]:
    """Precision, tiles, seams and repetition, GoogLeNet to inception4c."""
    _, network = lively("googlenet")
    picture = _clouds(512)
    yield _cosines(network, picture)
    reached = [_energy(network, _dream(network, picture, precision=precision)) for precision in ("auto", "float32")]
    yield at_least(
        "objective reached after 4 octaves × 10, automatic of float32", 100 * reached[0] / reached[1], 98, " %"
    )
    small = {"octaves": 2, "iterations": 2}
    same = torch.equal(_dream(network, picture, **small), _dream(network, picture, **small))
    yield Row("same job twice on one device", "identical bytes" if same else "different bytes", "identical", same)
    pictures = torch.cat([_clouds(128, seed) for seed in range(8 if quick else 24)])
    seams, chance = seam_ratio(_dream(network, pictures, octaves=2, seamless="xy"))
    said = f"{100 * (seams - 1):+.1f} % (chance alone ± {100 * chance:.1f} %)"
    yield Row("seamless: gradient energy at the joins against elsewhere", said, "± 2 %", abs(seams - 1) <= 0.02)
    if not quick:
        yield from _tiles(network, _clouds(1536))


def _cosines(network: StagedNetwork, picture: Tensor) -> Row:
    settings = DreamSettings()
    cosines = []
    for size in octave_sizes((512, 512), settings.octaves, settings.octave_scale, network.min_side):
        octave = resize(picture, size)
        one, other = (_gradient(network, octave, precision) for precision in ("auto", "float32"))
        cosines.append(F.cosine_similarity(one.flatten().double(), other.flatten().double(), 0).item())
    said = f"{min(cosines):.6f} at worst"
    return Row("cosine of the gradients at every octave, automatic to float32", said, "≥ 0.99", min(cosines) >= 0.99)


def _tiles(network: StagedNetwork, picture: Tensor) -> Iterator[Row]:
    whole = _gradient(network, picture, "float32")
    pieces = torch.empty_like(picture)
    layers = network.default_layers
    cutting = tiling(network, layers, picture.device, _TILE)
    for _ in Slopes(network, objective_of(DreamSettings(), network, None), cutting, "float32").of(
        picture, (0, 0), pieces
    ):
        pass
    difference = float((pieces - whole).norm() / whole.norm())
    yield at_most("one step's gradient at 1536², tiles of 512 against untiled", 100 * difference, 2, " %")
    # Without jitter the borders lie where they lay in every step, which is the worst case.
    dreams = [_dream(network, _clouds(1536, seed), octaves=1, iterations=4, jitter=0, tile=_TILE) for seed in range(4)]
    borders = [tile.columns.start - 1 for tile in cutting.cut(1536, 1536) if tile.columns.start and not tile.rows.start]
    shares = torch.cat([_at_lines(dreamed, axis)[borders] for dreamed in dreams for axis in (-2, -1)])
    energy = 100 * (float(shares.mean()) - 1)
    said = f"{energy:+.1f} % (chance alone ± {100 * float(shares.std()) / len(shares) ** 0.5:.1f} %)"
    yield Row("gradient energy across tile borders after a dream", said, "± 2 %", abs(energy) <= 2)


def _at_lines(picture: Tensor, axis: int) -> Tensor:
    """The energy between each row (axis -2) or column and the next, over what it is on average."""
    energy = picture.diff(dim=axis).square().mean([other for other in range(4) if other != 4 + axis])
    return energy / energy.mean()


def _gradient(network: StagedNetwork, picture: Tensor, precision: str) -> Tensor:
    objective = objective_of(DreamSettings(), network, None)
    return gradient(picture, network, objective, View(0, 0, *picture.shape[-2:]), precision)


def _energy(network: StagedNetwork, picture: Tensor) -> float:
    with torch.no_grad():
        return sum(float(activation.square().sum()) for activation in network(picture))


def _dream(network: StagedNetwork, picture: Tensor, **settings: object) -> Tensor:
    *_, last = dream_still(picture, network, DreamSettings.from_mapping(settings))
    assert isinstance(last, Finished)
    return last.picture


def _clouds(side: int, seed: int = 0) -> Tensor:
    """A periodic picture with the spectrum of photographs, 1x3xsidexside."""
    noise = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(seed))
    frequencies = torch.fft.fftfreq(side)
    spectrum = torch.fft.fft2(noise) / torch.hypot(frequencies[:, None], frequencies[None]).clamp_min(1 / side)
    picture = torch.fft.ifft2(spectrum).real
    return (0.5 + 0.15 * picture / picture.std()).clamp(0, 1)
