"""The still dream: gradient ascent over octaves.

"Inceptionism", Mordvintsev, Olah and Tyka, 2015: the function `deepdream` of `dream.ipynb` in google/deepdream.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ...shared.settings import DreamSettings
from ..networks.staged import StagedNetwork
from ..space import in_memory, room
from .ascent.ascent import Ascent
from .bump import bump
from .canvas import Canvas
from .device import Backlog
from .events import Finished, Step
from .heap import keeps_heap
from .memory import tile_budget
from .noise import GREY, starting_picture
from .objective import Objective
from .objectives.compiling import objective_of
from .octaves import octave_bases, octave_sizes, resize
from .pace import Pace
from .slope import Slopes
from .tiles import tiling
from .wrap import Wrap


@keeps_heap
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
    """Dream on ``picture``: Nx3xHxW float32, 0..1, display-encoded; it is not changed. It lies on the
    network's device or, where that is too small for it, on the CPU.

    Yields a `Step` whenever there is something to report and `Finished` last; the caller cancels by asking for
    no more. ``settings.strength`` is not applied here. Raises `SettingError` for layers that are not there.

    start: of the picture's shape, a dream to go on from: its difference from the picture is the detail that the
        smallest octave begins with. Without it that detail is zero.
    mask: 1x1xHxW, 0..1: how much each place may change. Where it is 0, not a bit does.
    guide: 1x3xhxw, of any size, a picture to take after.
    objective: what to excite, instead of what the settings say.

    The picture is never blurred: every octave dreams on the picture at its own size plus the detail dreamed so
    far, and only that detail is scaled up (unless ``settings.detail_split`` is off). A dream from noise dreams on that
    noise as on a picture. Octaves too small for the network are left out; a picture too small for it is dreamed with
    its border repeated. Values that are no numbers stay where they are.
    """
    objective = objective or objective_of(settings, network, guide)
    wrap = Wrap.of(settings.seamless)
    canvas = Canvas(picture, network.min_side, wrap)
    generator = torch.Generator().manual_seed(settings.seed)
    source = starting_picture(settings.start, canvas.picture, generator)
    sizes = octave_sizes(
        canvas.size, settings.octaves, settings.octave_scale, network.min_side, settings.octaves_beyond
    )
    bases = octave_bases(source, sizes, wrap, settings.detail_split, settings.memory)
    masks = [None] * len(sizes) if mask is None else octave_bases(canvas.fit(mask), sizes, wrap)
    full_size = sizes.index(canvas.size)
    ground, full_mask = bases[full_size], masks[full_size]
    device, memory = network.mean.device, settings.memory
    largest = max(bases, key=lambda base: base.nbytes)
    beside = largest.nbytes if largest.device == device and in_memory(largest.shape, memory) else 0
    budget = tile_budget(device, memory, beside)
    cutting = tiling(
        network,
        objective.layers,
        device,
        settings.tile,
        wrap,
        budget,
        settings.jitter if settings.edges == "mirror" else 0,
    )
    slopes = Slopes(network, objective, cutting, settings.precision)
    backlog = Backlog(device)
    pace = Pace(sizes, settings.iterations)
    steps, step = len(sizes) * settings.iterations, 0

    detail = None if start is None else canvas.fit(start) - source
    while True:
        base, mask_here = bases.pop(0), masks.pop(0)
        size = base.shape[-2], base.shape[-1]
        if detail is None:
            dream = room(base.shape, base.device, memory).copy_(base)
        else:
            dream = resize(detail, size, wrap, memory).add_(base)
        detail = None
        rest = base if settings.start == "picture" else base.new_full((1, 1, 1, 1), GREY)
        if step > 0:
            bump(dream, rest, settings, generator, mask_here)
            if settings.clip and settings.bump != "none":
                dream.clamp_(0, 1)
        ascent = Ascent(dream, rest, settings, generator, mask_here, cutting)
        slope = room(dream.shape, dream.device, memory)
        for whole_step in _climb(ascent, objective, slopes, slope, settings.iterations, backlog, pace):
            step += whole_step
            yield Step(step, steps, pace.seconds_left, canvas.visible(dream))
        if not bases:
            break
        detail = dream.sub_(base)
        del ascent, rest, slope  # and with them this octave's base, before the next larger one asks for memory
    if size != canvas.size:
        dream = resize(dream.sub_(base), canvas.size, wrap, memory).add_(ground)
    if full_mask is not None:
        dream.add_((canvas.picture - ground).mul_(1 - full_mask))
    if settings.clip:
        dream.clamp_(0, 1)
    if full_mask is not None:
        dream = torch.where(full_mask > 0, dream, canvas.picture)
    yield Finished(canvas.restore(dream))


def _climb(
    ascent: Ascent,
    objective: Objective,
    slopes: Slopes,
    slope: Tensor,
    iterations: int,
    backlog: Backlog,
    pace: Pace,
) -> Iterator[bool]:
    """Dream on one octave; yields whenever there is something to report, and whether a step was completed.

    slope: room for the gradient.
    """
    for _ in objective.begin_octave(slopes.look(ascent.picture)):
        backlog.wait()
        yield False
    whole = slopes.pixels(ascent.picture)
    for _ in range(iterations):
        glance = ascent.glance()
        pixels = 0
        for done in slopes.of(glance.picture, glance.shift, slope):
            backlog.wait()
            pace.advance(done, whole)
            pixels += done
            if pixels < whole:
                yield False
        ascent.climb(slope, glance)
        yield True
