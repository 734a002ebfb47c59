"""The still dream: gradient ascent over octaves.

"Inceptionism", Mordvintsev, Olah and Tyka, 2015: the function `deepdream` of `dream.ipynb` in google/deepdream.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ...shared.settings import DreamSettings
from ..networks.staged import StagedNetwork
from .ascent import Ascent
from .canvas import Canvas
from .device import Backlog
from .events import Finished, Step
from .objective import Objective
from .objectives.compiling import objective_of
from .octaves import octave_bases, octave_sizes, resize
from .pace import Pace
from .slope import Slopes
from .tiles import tiling
from .wrap import Wrap


@torch.no_grad()
def dream_still(
    picture: Tensor,
    network: StagedNetwork,
    settings: DreamSettings,
    *,
    start: Tensor | None = None,
    mask: Tensor | None = None,
    guide: Tensor | None = None,
    objective: Objective | None = None,
) -> Iterator[Step | Finished]:
    """Dream on ``picture``: Nx3xHxW float32, 0..1, display-encoded, on the network's device; it is not changed.

    Yields a `Step` whenever there is something to report and `Finished` last; the caller cancels by asking for
    no more. ``settings.strength`` is not applied here. Raises `SettingError` for layers that are not there.

    start: of the picture's shape, a dream to go on from: its difference from the picture is the detail that the
        smallest octave begins with. Without it that detail is zero.
    mask: 1x1xHxW, 0..1: how much each place may change.
    guide: 1x3xhxw, of any size, a picture to take after.
    objective: what to excite, instead of what the settings say.

    The picture is never blurred: every octave dreams on the picture at its own size plus the detail dreamed so
    far, and only that detail is scaled up. Octaves too small for the network are left out; a picture too small
    for it is dreamed with its border repeated. Values that are no numbers stay where they are.
    """
    objective = objective or objective_of(settings, network, guide)
    wrap = Wrap.of(settings.seamless)
    canvas = Canvas(picture, network.min_side, wrap)
    sizes = octave_sizes(canvas.size, settings.octaves, settings.octave_scale, network.min_side)
    bases = octave_bases(canvas.picture, sizes, wrap)
    cutting = tiling(network, objective.layers, picture.device, settings.tile, wrap)
    slopes = Slopes(network, objective, cutting, settings.precision)
    generator = torch.Generator().manual_seed(settings.seed)
    backlog = Backlog(picture.device)
    pace = Pace(sizes, settings.iterations)
    steps, step = len(sizes) * settings.iterations, 0

    detail = torch.zeros_like(bases[0]) if start is None else canvas.fit(start) - canvas.picture
    for number, size in enumerate(sizes):
        base = bases[number]
        ascent = Ascent(base, base + resize(detail, size, wrap), settings, generator)
        for _ in objective.begin_octave(slopes.look(ascent.picture)):
            backlog.wait()
            yield Step(step, steps, pace.seconds_left, canvas.visible(ascent.picture))
        slope = torch.empty_like(base)
        for _ in range(settings.iterations):
            glance = ascent.glance()
            pixels = 0
            for done in slopes.of(glance.picture, glance.shift, slope):
                backlog.wait()
                pace.advance(done, size[0] * size[1])
                pixels += done
                if pixels < size[0] * size[1]:
                    yield Step(step, steps, pace.seconds_left, canvas.visible(ascent.picture))
            ascent.climb(slope, glance)
            step += 1
            yield Step(step, steps, pace.seconds_left, canvas.visible(ascent.picture))
        if number < len(sizes) - 1:
            detail = ascent.picture.sub_(base)
    yield Finished(canvas.restore(ascent.picture))
