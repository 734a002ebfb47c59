"""The key of a dreamed frame: equal keys, equal frames."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ..settings import DreamSettings
from .settings import FrameSettings

# Goes up by one whenever the same request gives another picture.
VERSION = 2
# What the machine has room for changes nothing in the picture.
_ROOM = {"tile", "memory"}


def frame_key(
    settings: DreamSettings, frames: FrameSettings, kind: str, inputs: Mapping[str, str], before: str | None
) -> str:
    """SHA-256 of all that a frame depends on, 64 hex digits.

    kind: the suffix of its file. inputs: the SHA-256 of the files it is made from, by name.
    before: the key of the frame it goes on from; None where it begins afresh.
    """
    dream = {name: value for name, value in settings.record().items() if name not in _ROOM}
    whole = [VERSION, dream, frames.record(), kind, dict(inputs), before]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
