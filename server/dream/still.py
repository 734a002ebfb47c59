"""The still dream: gradient ascent over octaves.

"Inceptionism", Mordvintsev, Olah and Tyka, 2015: the function `deepdream` of `dream.ipynb` in google/deepdream.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ...shared.settings import DreamSettings
from ..networks.catalogue import check_layers
from ..networks.staged import StagedNetwork
from .ascent import climb, draw_shift, gradient
from .canvas import Canvas
from .device import Backlog, repeatable
from .events import Finished, Step
from .octaves import octave_bases, octave_sizes, resize
from .pace import Pace
from .tiles import tiling


@torch.no_grad()
def dream_still(
    picture: Tensor, network: StagedNetwork, settings: DreamSettings, *, start: Tensor | None = None
) -> Iterator[Step | Finished]:
    """Dream on ``picture``: 1x3xHxW float32, 0..1, display-encoded, on the network's device; it is not changed.

    Yields a `Step` whenever there is something to report and `Finished` last; the caller cancels by asking for
    no more. ``settings.strength`` is not applied here. Raises `UnknownLayer`.

    ``start``, of the picture's shape, is a dream to go on from: its difference from the picture is the detail
    that the smallest octave begins with. Without it that detail is zero.

    The picture is never blurred: every octave dreams on the picture at its own size plus the detail dreamed so
    far, and only that detail is scaled up. Octaves too small for the network are left out; a picture too small
    for it is dreamed with its border repeated. Values that are no numbers stay where they are.
    """
    layers = check_layers(network, settings.layer_names())
    canvas = Canvas(picture, network.min_side)
    sizes = octave_sizes(canvas.size, settings.octaves, settings.octave_scale, network.min_side)
    bases = octave_bases(canvas.picture, sizes)
    cutting = tiling(network, layers, picture.device, settings.tile)
    generator = torch.Generator().manual_seed(settings.seed)
    backlog = Backlog(picture.device)
    pace = Pace(sizes, settings.iterations)
    steps, step = len(sizes) * settings.iterations, 0

    detail = torch.zeros_like(canvas.picture) if start is None else canvas.fit(start) - canvas.picture
    for base in bases:
        height, width = base.shape[-2:]
        source = base + resize(detail, (height, width))
        tiles = cutting.cut(height, width)
        slope = torch.empty_like(source)
        for _ in range(settings.iterations):
            down, right = draw_shift(generator, settings.jitter)
            rolled = source.roll((down, right), (-2, -1))
            for tile in tiles:
                with repeatable(settings.precision):
                    slope[tile.own] = gradient(rolled[tile.seen], network, layers)[tile.kept]
                backlog.wait()
                pace.advance(tile.pixels, height * width)
                if tile is not tiles[-1]:
                    yield Step(step, steps, pace.seconds_left, canvas.visible(source))
            climb(source, slope.roll((-down, -right), (-2, -1)), settings.step, settings.clip)
            step += 1
            yield Step(step, steps, pace.seconds_left, canvas.visible(source))
        detail = source - base
    yield Finished(canvas.restore(source))
