"""One dream under way, as Blender's side knows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bpy.types import Image

from . import connection, images, places

if TYPE_CHECKING:
    from ..shared.client import RemoteDream
    from ..shared.client.journal import Entry
    from .renders.region import Region

# Counts the files loaded: a dream belongs to the one it was begun in.
_file = 0


def another_file() -> None:
    """Another file is open from now on."""
    global _file
    _file += 1


class Dream:
    """A dream under way: its remote half, and where its picture shall go. It holds no datablock.

    source: ``session_uid`` of the image that is dreamt on. replaces: that of the image it shall be shown instead of,
    which is another one when dreaming again; None for those that are gone. inputs: those of the guide and the mask, by
    name. preview, result: those of the images made for it, once there are such. file: which of the files loaded it
    belongs to, None for one that is not open. warned: how many of the server's warnings were shown. region: what part
    of a render the source is, where it is only a part.
    """

    def __init__(
        self,
        source: Image | None,
        replaces: Image | None,
        node: places.NodePlace | None,
        inputs: Mapping[str, Image],
        remote: RemoteDream,
        entry: Entry,
    ) -> None:
        """``entry``: what is written down of it."""
        self.source = source.session_uid if source else None
        self.name = entry.about["image"]
        self.form = images.Form(*entry.about["form"])
        self.replaces = replaces.session_uid if replaces else None
        self.node = node
        self.inputs = {name: image.session_uid for name, image in inputs.items()}
        self.settings = remote.settings
        self.remote = remote
        self.file: int | None = _file
        self.preview: int | None = None
        self.result: int | None = None
        self.preview_serial = 0
        self.previewed = 0.0
        self.warned = 0
        self.region: Region | None = None
        self._entry = entry

    @property
    def entry(self) -> Entry:
        """What is written down of it, under the id it has now."""
        return dataclasses.replace(self._entry, job=self.remote.job)

    @property
    def status(self) -> str:
        """What it is doing, for a progress bar: ``Step 12 of 40 · 0:08 left``."""
        remote = self.remote
        match remote.state.name:
            case "RUNNING":
                left = remote.seconds_left
                clock = "" if left is None else f" · {int(left) // 60}:{int(left) % 60:02} left"
                return f"Step {remote.step} of {remote.steps}{clock}" if remote.steps else "Starting"
            case "WAITING" if connection.is_connected():
                return "Trying again shortly"
            case state:
                return {
                    "WAITING": "Waiting for the server",
                    "SENDING": "Sending",
                    "QUEUED": "Waiting its turn",
                    "READY": "Finished",
                    "RECEIVING": "Receiving",
                }.get(state, "Finishing")

    @property
    def is_here(self) -> bool:
        """Whether the file it was begun in is still open."""
        return self.file == _file
