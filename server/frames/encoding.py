"""A dreamed frame as the file that is handed out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from ...shared.frames.frame import FrameFile
from ...shared.picture import Picture
from ..media.convert import convert
from ..media.files import write_picture
from ..media.formats import Format, format_of
from ..media.layers import LayeredFile
from ..media.scratch import scratch_file
from .decoding import Frame

# Half floats hold what 8 bits do; other numbers are kept as floats.
_LAYER_FORMS = {"f16": "f16", "u8": "f16"}


def encode(
    frame: Frame, dreamed: Picture, kind: str, *, detail_layer: bool = False, record: dict[str, Any] | None = None
) -> FrameFile:
    """The result's file in the format of the suffix ``kind``.

    dreamed: of the size of the frame's picture, in any form. An EXR is the frame's file, untouched, with the layer
    ``Dream`` besides: the dreamed picture, scene-linear, with the frame's alpha; with ``detail_layer`` also
    ``Dream.Detail``, what it adds to the picture. A frame of another format goes into an EXR as its picture. Other
    kinds hold the dreamed picture itself, in the bit depth and with the colour profile of the frame's file where they
    can. record: the settings that made it, kept in the file. Equal arguments give equal bytes.
    Raises `PathError` for an unknown kind, and `WriteError`.
    """
    known = format_of(Path(f"frame{kind}"))
    if known.name == "OpenEXR":
        return FrameFile(kind, _with_dream(frame, dreamed, known, detail_layer, record))
    dreamed = convert(dreamed, known.form(frame.picture.info))
    return FrameFile(kind, _written(frame, dreamed, kind, record))


def _with_dream(
    frame: Frame, dreamed: Picture, known: Format, detail_layer: bool, record: dict[str, Any] | None
) -> bytes:
    form = _LAYER_FORMS.get(frame.picture.info.dtype, "f32")
    info = dataclasses.replace(known.form(frame.picture.info), dtype="f32")
    before, after = convert(frame.picture, info), convert(dreamed, info)
    source = frame.layers or LayeredFile(_written(frame, frame.picture, ".exr", None), "frame.exr")
    layers = {"Dream": (after.pixels, form)}
    if detail_layer:
        layers["Dream.Detail"] = (_detail(before, after), form)
    return source.with_layers(layers, "" if record is None else json.dumps(record))


def _detail(before: Picture, after: Picture) -> np.ndarray:
    """What was added to the colours; 0 where nothing was, infinite ones included."""
    colours = 1 if before.info.shape[2] < 3 else 3
    old, new = before.pixels[..., :colours], after.pixels[..., :colours]
    changed = (old != new) & np.isfinite(old)
    return np.subtract(new, old, out=np.zeros_like(old), where=changed)


def _written(frame: Frame, picture: Picture, kind: str, record: dict[str, Any] | None) -> bytes:
    with scratch_file(frame.source.suffix, frame.source.data) as like, scratch_file(kind) as path:
        write_picture(path, picture, like=like, record=record)
        return path.read_bytes()
