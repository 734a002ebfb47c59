"""A still asked of a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..picture import Picture, PictureInfo
from ..settings import DreamSettings
from .job import DreamState, RemoteJob, senseless
from .transfers import Download, Upload

__all__ = ["DreamState", "RemoteDream"]


class RemoteDream(RemoteJob):
    """The client's half of a dream. result: the picture, once DONE."""

    kind = "still"
    wanted = "picture"

    def __init__(self, inputs: Mapping[str, Picture], settings: DreamSettings, urgency: str = "interactive") -> None:
        """``inputs``: what to dream on, by name: "picture", and it may be "guide" and "mask"."""
        uploads = {name: Upload(picture.data(), picture.info, os.urandom(16)) for name, picture in inputs.items()}
        super().__init__(uploads, urgency, os.urandom(16))
        self.settings = settings
        self.result: Picture | None = None

    def _request(self) -> dict[str, Any]:
        return {"settings": self.settings.record()}

    def _receive(self, download: Download, facts: Mapping[str, Any]) -> None:
        info = download.content
        if not isinstance(info, PictureInfo):
            raise senseless()
        self.result = Picture(info, download.data.view(info.numpy_dtype).reshape(info.shape))
