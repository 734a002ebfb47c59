"""A still asked of a server."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Self

from ..picture import Picture, PictureInfo
from ..settings import DreamSettings
from ..wire.content import Content
from .job import DreamState, RemoteJob, Send, senseless
from .narrowing import narrowed, widened_picture
from .sketch import shown
from .transfers import Download, Upload

__all__ = ["DreamState", "RemoteDream"]


class RemoteDream(RemoteJob):
    """The client's half of a dream. result: the picture, once DONE.

    One whose id is noted, or follows from what is asked, runs on and is kept on the server, done, whatever becomes of
    its client, until that lets go of it (`Client.release`).
    """

    kind = "still"
    wanted = "picture"

    def __init__(
        self,
        inputs: Mapping[str, Picture],
        settings: DreamSettings,
        urgency: str = "interactive",
        *,
        noted: Callable[[bytes], None] | None = None,
        repeatable: bool = False,
        narrow: bool = False,
    ) -> None:
        """``inputs``: what to dream on, by name: "picture", and it may be "guide" and "mask". noted: told the id before
        the first byte is sent. repeatable: whether the same inputs and settings are the same job: a program that is
        killed and run again finds what it had asked for, done, under way or half sent. narrow: whether floats may
        travel in fewer bits.
        """
        uploads = {name: _upload(picture, repeatable, narrow) for name, picture in inputs.items()}
        blobs = {name: upload.blob for name, upload in uploads.items()}
        job = _repeated(blobs, settings) if repeatable else os.urandom(16)
        super().__init__(uploads, urgency, job, noted)
        self.settings = settings
        self.result: Picture | None = None
        # Dreamed ahead of it, for its preview, where the line is slow.
        self.sketch: RemoteDream | None = None
        self._sketch_serial = 0
        self.repeatable = repeatable
        self.lasting = self.kept = repeatable or noted is not None

    @classmethod
    def resumed(cls, job: bytes, settings: DreamSettings) -> Self:
        """A dream asked for in an earlier life, whose inputs are no longer at hand: it is asked after, never asked for
        once more. It fails where the server does not have it, or not all of its inputs.
        """
        dream = cls({}, settings)
        dream.job = job
        dream.lasting = dream.kept = dream._asked = dream._submitted = True
        return dream

    def tick(self, now: float, send: Send) -> None:
        """Do what time demands, and show what there is of the sketch."""
        if self.sketch:
            self._show(self.sketch)
        super().tick(now, send)

    def cancel(self, send: Send | None) -> None:
        """Give the dream up, and its sketch."""
        if self.sketch and not self.sketch.finished:
            self.sketch.cancel(send)
        super().cancel(send)

    def _show(self, sketch: RemoteDream) -> None:
        if self.preview_serial > self._sketch_serial:  # It has previews of its own by now.
            self.sketch = None
            return
        newest = shown(sketch.result) if sketch.result else sketch.preview
        if newest and newest is not self.preview:
            self.preview = newest
            self.preview_serial = self._sketch_serial = self.preview_serial + 1
        if sketch.finished:
            self.sketch = None

    def _request(self) -> dict[str, Any]:
        return {"settings": self.settings.record()}

    def _receive(self, download: Download, facts: Mapping[str, Any]) -> None:
        info = download.content
        if not isinstance(info, PictureInfo):
            raise senseless()
        picture = Picture(info, download.data.view(info.numpy_dtype).reshape(info.shape))
        # One of an earlier life was of floats, however it may have travelled: only Blender asks after those.
        self.result = picture if self._inputs else widened_picture(picture)

    def _download(self, blob: bytes, content: Content, facts: Mapping[str, Any]) -> Download:
        return Download(blob, content, facts, self.uploads.get("picture"))


def _upload(picture: Picture, repeatable: bool, narrow: bool) -> Upload:
    small = narrowed(picture) if narrow else None
    info = small.info if small else picture.info
    blob = _digest(picture, info) if repeatable else os.urandom(16)
    return Upload(small or picture.data(), info, blob)


def _digest(picture: Picture, info: PictureInfo) -> bytes:
    """Equal pictures that mean the same, and travel as ``info`` says, have the same."""
    meaning = json.dumps(info.header(), sort_keys=True).encode()
    return hashlib.sha256(hashlib.sha256(picture.data()).digest() + meaning).digest()[:16]


def _repeated(blobs: Mapping[str, bytes], settings: DreamSettings) -> bytes:
    whole = [RemoteDream.kind, settings.record(), {name: blob.hex() for name, blob in blobs.items()}]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest()[:16]
