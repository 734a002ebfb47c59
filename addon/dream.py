"""One dream under way, as Blender's side knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bpy.types import Image

from ..shared.settings import DreamSettings
from . import connection, images, places

if TYPE_CHECKING:
    from ..shared.client import RemoteDream
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
    which is another one when dreaming again. inputs: those of the guide and the mask, by name. preview, result: those
    of the images made for it, once there are such. warned: how many of the server's warnings were shown. region: what
    part of a render the source is, where it is only a part.
    """

    def __init__(
        self,
        source: Image,
        replaces: Image,
        node: places.NodePlace | None,
        inputs: Mapping[str, Image],
        settings: DreamSettings,
        remote: RemoteDream,
    ) -> None:
        self.source = source.session_uid
        self.name = source.name
        self.form = images.Form.of(source)
        self.replaces = replaces.session_uid
        self.node = node
        self.inputs = {name: image.session_uid for name, image in inputs.items()}
        self.settings = settings
        self.remote = remote
        self.file = _file
        self.preview: int | None = None
        self.result: int | None = None
        self.preview_serial = 0
        self.previewed = 0.0
        self.warned = 0
        self.region: Region | None = None

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
                    "RECEIVING": "Receiving",
                }.get(state, "Finishing")

    @property
    def is_here(self) -> bool:
        """Whether the file it was begun in is still open."""
        return self.file == _file
