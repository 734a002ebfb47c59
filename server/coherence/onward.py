"""Dreaming on: from the frame before into this one."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ...shared.settings import DreamSettings
from ..dream.events import Finished
from ..dream.still import dream_still
from ..networks.staged import StagedNetwork
from .appearing import Box, appeared, as_strong, boxes, narrow, softened
from .carrying import Album, Carried, carry, detail_of, marks_of, spread
from .following import Trail, follow
from .hidden import look_behind, surfaces_of
from .memory import Dreamed, Memory
from .scene import Scene
from .settling import stirred, unsettled
from .sliding import sliding
from .work import Work

# How many pages are kept. A pixel's detail is sampled anew only when its page is given up.
_PAGES = 4
# With settings that have changed since, no dream is held stiller than this, or the change would never be seen.
_YIELDING = 0.9
# What is dreamed on is not what was let go of, and their sum is weaker than either: so much more is dreamed.
_REGAINED = 1.3
# How soon a dream that has become weaker or stronger than the shot began is led back: this power of the ratio a frame.
_LED_BACK = 0.1


class Dreamer:
    """A network told what to dream: all that `dream_still` needs besides the picture. guide: as it takes it."""

    def __init__(self, network: StagedNetwork, settings: DreamSettings, guide: Tensor | None = None) -> None:
        self._network = network
        self.settings = settings
        self._guide = guide

    def dream(self, picture: Tensor, mask: Tensor | None, settings: DreamSettings) -> Iterator[float | Tensor]:
        """Yields the share done, and the dream of ``picture`` (1x3xHxW) last."""
        for event in dream_still(picture, self._network, settings, mask=mask, guide=self._guide):
            yield event.picture if isinstance(event, Finished) else event.step / event.steps

    def within(self, picture: Tensor) -> Tensor:
        """``picture`` within the range that a dream is kept in."""
        return picture.clamp(0, 1) if self.settings.clip else picture


def dream_alone(scene: Scene, dreamer: Dreamer, allowed: Tensor | None) -> Iterator[float | Dreamed]:
    """Dream a frame that has none before it. allowed: 1x1xHxW, 0..1, how much each place may change; None: all of it.

    Yields the share done, and the dream last.
    """
    for event in dreamer.dream(scene.seen, allowed, dreamer.settings):
        if isinstance(event, Tensor):
            surfaces = surfaces_of(scene, None)
            yield _on_one_page(event, scene, surfaces, ~sliding(scene, surfaces), allowed)
        else:
            yield event


def dream_on(
    scene: Scene,
    before: Scene,
    memory: Memory,
    dreamer: Dreamer,
    coherence: float,
    allowed: Tensor | None,
    *,
    changed: bool = False,
) -> Iterator[float | Dreamed]:
    """Dream a frame in the sense of the one before: what is still there keeps its dream, what appears gets a new one.

    before: the frame that ``memory`` is of.
    coherence: 0..1. Of what is still there this share is kept, and dreamed on with as many fewer steps; at 1 only what
    has not settled is dreamed on. changed: the settings are others than those of the frame before.
    Yields the share done, and the dream last.
    """
    trail = follow(scene, before)
    surfaces = surfaces_of(scene, trail)
    held = carry(memory, trail, scene)
    album = Album(memory.pages)
    unseen = look_behind(scene, surfaces, memory, album, trail, held)
    detail = torch.where(unseen.back, unseen.returned, detail_of(album, held))
    ripe = (held.ripe | unseen.back) & ~_freed(allowed, memory, trail)
    edges, far = sliding(scene, surfaces), 2 * narrow(memory.size) + 2
    detail, known = spread(detail, ripe, scene.objects, far)
    detail = _within(detail, allowed)
    missing = ~ripe if allowed is None else ~ripe & (allowed[0, 0] > 0)
    new = appeared(missing & ~edges) | (missing & ~known)
    continued = missing & ~new & ~edges
    ripe = ripe | continued

    kept = min(coherence, _YIELDING) if changed else coherence
    mask = softened(new)
    loose = stirred(unsettled(memory, trail, scene, surfaces), new, continued)
    share = (1 - kept * (1 - loose)) * (1 - mask[0, 0])
    share = share if allowed is None else torch.where(allowed[0, 0] > 0, share, 0.0)
    gentle = _fewer(dreamer.settings, share.max().item()) if share.any() else None
    pieces = boxes(mask)
    work = Work(pieces, memory.size, dreamer.settings, gentle)
    for piece in pieces:
        for event in _appear(scene.seen, detail, ripe, mask, allowed, piece, dreamer):
            if isinstance(event, Tensor):
                detail = event
            else:
                yield work.share(piece, event)
        work.finish(piece)
    if gentle is not None:
        drift = 1.0 if changed else ((memory.strength / _strength(detail, allowed)).clamp(0.5, 2) ** _LED_BACK).item()
        for event in _go_on(scene.seen, detail, share, drift, allowed, gentle, dreamer):
            if isinstance(event, Tensor):
                detail = event
            else:
                yield work.share(None, event)
    dreamt = (mask[0, 0] > 0) | (share > 0)
    ripe = (ripe | new) & ~(dreamt & edges)
    shown = _within(spread(detail, ripe, scene.objects, far)[0], allowed)
    picture = dreamer.within(scene.seen + shown)
    dreamed = _on_pages(picture, shown, memory, held, dreamt | unseen.back, ripe, surfaces, marks_of(scene))
    strength = _strength(shown, allowed) if changed else memory.strength
    hidden = unseen.detail.half()
    yield dataclasses.replace(dreamed, hidden=hidden, behind=unseen.behind, unsettled=loose.half(), strength=strength)


def _within(detail: Tensor, allowed: Tensor | None) -> Tensor:
    return detail if allowed is None else torch.where(allowed[0] > 0, detail, 0.0)


def _freed(allowed: Tensor | None, memory: Memory, trail: Trail) -> Tensor:
    """Where much more change is allowed than was in the frame before, HxW bool."""
    now = trail.weights.new_ones(memory.size) if allowed is None else allowed[0, 0]
    if memory.allowed is None:
        return torch.zeros_like(now, dtype=torch.bool)
    then = memory.allowed.float().flatten()[trail.best].view(memory.size)
    return now > 1.5 * then + 0.05


def _appear(
    seen: Tensor,
    detail: Tensor,
    held: Tensor,
    mask: Tensor,
    allowed: Tensor | None,
    piece: Box,
    dreamer: Dreamer,
) -> Iterator[float | Tensor]:
    """Dream what is new in one piece; yields the share done, and the whole detail last.

    held: HxW bool, where ``detail`` is one that was dreamed. The dream goes on around what it finds: across the seam
    the old one fades out as the new one fades in.
    """
    rows, columns = piece
    here, fade = seen[..., rows, columns], mask[..., rows, columns]
    base = here + detail[None, :, rows, columns] * (1 - fade)
    amount = fade if allowed is None else fade * allowed[..., rows, columns]
    for event in dreamer.dream(dreamer.within(base), amount, dreamer.settings):
        if isinstance(event, Tensor):
            detail = detail.clone()
            old, fresh = detail[:, rows, columns], (event - here)[0]
            fresh = fresh * as_strong(fresh, old, fade[0, 0], held[rows, columns])
            detail[:, rows, columns] = torch.where(amount[0] > 0, fresh, old)
            yield detail
        else:
            yield event


def _go_on(
    seen: Tensor,
    detail: Tensor,
    share: Tensor,
    drift: float,
    allowed: Tensor | None,
    gentle: DreamSettings,
    dreamer: Dreamer,
) -> Iterator[float | Tensor]:
    """Let go of a ``share`` (HxW) of the dream, and dream as much on; yields the share done, and the detail last.

    Their sum is made as strong as it was, times ``drift``.
    """
    amount = share * (_REGAINED * dreamer.settings.iterations / gentle.iterations)
    if allowed is not None:
        amount = amount * allowed[0, 0]
    base = seen + detail * (1 - share)
    for event in dreamer.dream(dreamer.within(base), amount.clamp(0, 1)[None, None], gentle):
        if isinstance(event, Tensor):
            after = (event - seen)[0]
            held = (share / share[share > 0].median()).clamp_max(1)
            gain = drift * ((held * detail.square()).sum() / (held * after.square()).sum().clamp_min(1e-12)).sqrt()
            yield after * (1 + (gain - 1) * held)
        else:
            yield event


def _fewer(settings: DreamSettings, share: float) -> DreamSettings:
    return settings.replace(iterations=max(1, math.ceil(settings.iterations * min(1.0, share))))


def _on_pages(
    picture: Tensor,
    detail: Tensor,
    memory: Memory,
    held: Carried,
    touched: Tensor,
    ripe: Tensor,
    surfaces: Tensor,
    marks: Tensor,
) -> Dreamed:
    """The dream as it is remembered: what was touched, and what was on a page too many, is on a page of its own."""
    if not touched.any():
        return Dreamed(picture, memory.pages, memory.marks, held.page, held.offset, ripe, surfaces, memory.strength)
    page = held.page + 1
    latest = touched | (page >= _PAGES) | ~ripe
    return Dreamed(
        picture,
        torch.cat([detail.half()[None], memory.pages])[:_PAGES],
        torch.cat([marks[None], memory.marks])[:_PAGES],
        torch.where(latest, 0, page),
        torch.where(latest, 0.0, held.offset),
        ripe,
        surfaces,
        memory.strength,
    )


def _on_one_page(picture: Tensor, scene: Scene, surfaces: Tensor, ripe: Tensor, allowed: Tensor | None) -> Dreamed:
    """The dream as it is remembered where all of it has changed."""
    detail = picture - scene.seen
    page = torch.zeros(detail.shape[-2:], dtype=torch.uint8, device=detail.device)
    offset = detail.new_zeros(2, *page.shape)
    strength = _strength(detail, allowed)
    return Dreamed(picture, detail.half(), marks_of(scene)[None], page, offset, ripe, surfaces, strength)


def _strength(detail: Tensor, allowed: Tensor | None) -> Tensor:
    """The root mean square of a detail where it may be one, above 0."""
    mean = detail.square().mean()
    if allowed is not None:
        mean = mean / (allowed > 0).float().mean().clamp_min(1e-6)
    return mean.sqrt().clamp_min(1e-6)
