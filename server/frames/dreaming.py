"""A frame from end to end: its file, the dream of the frame before, its own dream, and its file again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ...shared.frames.frame import FrameFile, FrameRequest, FrameResult
from ...shared.frames.where import parse
from ...shared.settings import DreamSettings
from ..coherence.cuts import is_cut, signature
from ..coherence.memory import Dreamed, Memory
from ..coherence.onward import Dreamer, dream_alone, dream_on
from ..dream.device import pick_dtype
from ..masks.painting import mask_of
from ..media.content import understood
from ..media.display import to_display
from ..media.errors import ReadError
from ..media.passes import Passes
from ..space import where_it_lies
from ..still import NetworkLoader
from ..surface import Surface
from .decoding import Frame, decode
from .encoding import encode
from .motion import scenes_of

# Settings that leave a dream as it is: how it is computed, and what is made of it.
_BESIDE = ("strength", "colours", "output", "tile", "memory", "precision")
# What there is to remember of a frame that has no dream to go on from.
NOTHING = b""


@dataclass(frozen=True, slots=True)
class FrameShare:
    """A frame is under way. share: how much of it is done, 0..1."""

    share: float


def dream_frame(
    request: FrameRequest, networks: NetworkLoader, device: torch.device
) -> Iterator[FrameShare | FrameResult]:
    """Dream one frame; to cancel, ask for no further event. At strength 0 no network is so much as loaded.

    At coherence 0, at the beginning and after a cut a frame is dreamed as `dream_picture` does, to the bit; otherwise
    in the sense of the frame that ``request.memory`` is of. The setting "output" is of no effect: what a kind of file
    holds says `encode`. The same request gives the same bytes.
    Raises `MediaError`s and `SettingError`, and `LostMemory` for a memory that is none.
    """
    frame = decode(request.frame)
    settings = request.settings.replace(output="picture")
    record = request.settings.record() | request.frames.record()
    if settings.strength == 0.0:
        file = encode(frame, frame.picture, request.kind, detail_layer=request.frames.detail_layer, record=record)
        yield FrameResult(file, NOTHING)
        return
    picture = understood(frame.picture, settings.content)
    height, width, _ = picture.info.shape
    lies = where_it_lies((1, 3, height, width), device)
    passes = _passes(frame, request.passes)
    surface = Surface(
        picture, settings, lies, None if request.mask is None else decode(request.mask, "The mask").picture
    )
    where = mask_of(parse(request.frames.where), passes, (height, width), lies)
    if where.values is not None:
        surface.restrict(where.values)
    guide = None if request.guide is None else to_display(decode(request.guide, "The guide").picture, lies).tensor
    glance = signature(frame.picture)
    memory = _remembered(request, (height, width), lies)
    cut = memory is not None and is_cut(memory.signature.cpu().numpy(), glance)
    memory = None if cut else memory
    scene, before = scenes_of(surface.seen, passes, request.frames.motion, memory)
    network = networks(settings.network, device, pick_dtype(settings.precision, device, settings.network))
    dreamer = Dreamer(network, settings, guide)
    digest = _digest(settings, request.guide)
    if memory is None or before is None:
        events = dream_alone(scene, dreamer, surface.mask)
    else:
        changed = bytes(memory.digest.tolist()) != digest
        coherence = request.frames.coherence
        events = dream_on(scene, before, memory, dreamer, coherence, surface.mask, changed=changed)
    for event in events:
        if isinstance(event, Dreamed):
            result = surface.result(event.picture)
            file = encode(frame, result, request.kind, detail_layer=request.frames.detail_layer, record=record)
            alone = request.frames.coherence == 0.0
            after = NOTHING if alone else Memory.of(scene, event, surface.mask, glance, digest).to_bytes()
            yield FrameResult(file, after, cut, where.warnings)
        else:
            yield FrameShare(event)


def _passes(frame: Frame, beside: FrameFile | None) -> Passes:
    if beside is None:
        return frame.passes
    known = decode(beside, "The file of passes")
    if known.picture.info.shape[:2] != frame.picture.info.shape[:2]:
        raise ReadError(
            "The passes beside the frame are of another size than the frame", "Give those of the same render."
        )
    return known.passes


def _remembered(request: FrameRequest, size: tuple[int, int], device: torch.device) -> Memory | None:
    """The frame before, if it is of any use: with another size of frames another film begins."""
    if not request.memory or request.frames.coherence == 0.0:
        return None
    memory = Memory.from_bytes(request.memory, device)
    return memory if memory.size == size else None


def _digest(settings: DreamSettings, guide: FrameFile | None) -> bytes:
    """Of all that says what is dreamed."""
    named = {name: value for name, value in settings.record().items() if name not in _BESIDE}
    canonical = json.dumps(named, sort_keys=True).encode()
    return hashlib.sha256(canonical + (b"" if guide is None else bytes(guide.data))).digest()
