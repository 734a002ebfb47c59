"""The dreams under way, and what becomes of them.

While a dream runs, its previews are shown where the artist dreamt: on the node, so that the mesh dreams too, and in
the Image Editors. None of this is an undo step. On arrival the old image is put back, the result becomes one step of
the history, and showing it the next: undoing that one brings the old texture back, and redoing it finds the result
with its pixels. Previews are small images of their own: resizing one to hold a result of 2048 x 2048 takes 0.1 to
0.2 s, making a new one less than half of that.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import bpy
from bpy.types import Image

from ..shared.picture import Picture
from ..shared.settings import DreamSettings
from . import connection, images, notices, places, properties, results
from .problems import Problem

if TYPE_CHECKING:
    from ..shared.client import RemoteDream

# Seconds between two previews of one dream.
PREVIEW_EVERY = 0.25

running: list[Dream] = []

# Grows with each file that is loaded: a dream belongs to the file it was begun in.
_file = 0


class Dream:
    """A dream under way: its remote half, and where its picture shall go. It holds no datablock.

    source: ``session_uid`` of the image that is dreamt on. replaces: that of the image it shall be shown instead of,
    which is another one when dreaming again. preview, result: those of the images made for it, once there are such.
    """

    def __init__(
        self,
        source: Image,
        replaces: Image,
        node: places.NodePlace | None,
        settings: DreamSettings,
        remote: RemoteDream,
    ) -> None:
        self.source = source.session_uid
        self.name = source.name
        self.form = images.Form.of(source)
        self.replaces = replaces.session_uid
        self.node = node
        self.settings = settings
        self.remote = remote
        self.file = _file
        self.preview: int | None = None
        self.result: int | None = None
        self.preview_serial = 0
        self.previewed = 0.0

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


def start(
    image: Image, settings: DreamSettings, node: places.NodePlace | None = None, replaces: Image | None = None
) -> Dream:
    """Dream on ``image`` and show the result on ``node`` and wherever ``replaces`` (``image`` itself if None) is shown.

    Returns at once; the dream goes on with each `pump.pump`. Raises `Problem`.
    """
    images.check(image)
    client = connection.get()
    dream = Dream(image, replaces or image, node, settings, client.dream(images.read(image), settings))
    running.append(dream)
    notices.clear()
    return dream


def again(image: Image, node: places.NodePlace | None = None) -> Dream:
    """Dream once more what ``image`` was dreamt from, with the settings stored on it. Raises `Problem`."""
    settings = properties.stored(image)
    original = image.reverie.original
    if original is None:
        raise Problem(f"The image that “{image.name}” was dreamt from is gone.", "Dream on another one.")
    return start(original, settings, node, replaces=image)


def cancel(dream: Dream) -> None:
    """Give a dream up; what was shown before comes back. Does nothing once it is finished."""
    if dream in running:
        running.remove(dream)
        client = connection.current()
        if client:
            client.cancel(dream.remote)
        _withdraw(dream)


def change_server() -> None:
    """Give up what runs on the old server and forget it; the new one is reached when it is needed."""
    if running:
        notices.say("WARNING", "The dreams under way were given up with their server.", "Dream again on the new one.")
    for dream in list(running):
        cancel(dream)
    connection.close()


def tend() -> bool:
    """Take in at most one picture, preview or result. True where it did: such a tick does nothing else."""
    for dream in running:
        if dream.remote.finished:
            running.remove(dream)
            _finish(dream)
            return True
    for dream in running:
        if _has_news(dream):
            dream.preview_serial, dream.previewed = dream.remote.preview_serial, time.monotonic()
            assert dream.remote.preview
            _preview(dream, dream.remote.preview)
            return True
    return False


def hide_previews() -> None:
    """Put what was there before in place of every preview: the file is about to be saved."""
    for dream in running:
        preview, replaced = images.by_uid(dream.preview), images.by_uid(dream.replaces)
        if preview and replaced:
            places.swap(preview, replaced, dream.node)


def show_previews() -> None:
    """Show the previews again."""
    for dream in running:
        preview, replaced = images.by_uid(dream.preview), images.by_uid(dream.replaces)
        if preview and replaced:
            places.swap(replaced, preview, dream.node)


def after_undo() -> None:
    """After an undo or redo: previews of dreams that are over may have been revived, and those under way be gone."""
    for dream in running:
        replaced = images.by_uid(dream.replaces)
        if dream.preview and replaced and images.by_uid(dream.preview) is None:
            places.fill_empty_editors(replaced)
    remove_leftovers()


def after_load() -> None:
    """Another file is open: what still runs is kept in it when it arrives."""
    global _file
    _file += 1
    remove_leftovers()


def remove_leftovers() -> None:
    """Remove images that only ever held the previews of a dream that is over."""
    alive = {dream.preview for dream in running}
    for image in list(bpy.data.images):
        if images.is_unfinished(image) and image.session_uid not in alive:
            image.user_remap(image.reverie.original)
            bpy.data.images.remove(image)


def _has_news(dream: Dream) -> bool:
    return (
        dream.is_here
        and dream.remote.preview_serial != dream.preview_serial
        and time.monotonic() - dream.previewed >= PREVIEW_EVERY
        and images.by_uid(dream.source) is not None
    )


def _preview(dream: Dream, picture: Picture) -> None:
    """Show ``picture`` in the place of what the dream will replace."""
    image = images.by_uid(dream.preview)
    if image is None:
        image = images.new_preview(dream.name, dream.form, picture)
        image.reverie.original = images.by_uid(dream.source)
        dream.preview = image.session_uid
    images.write(image, picture)
    replaced = images.by_uid(dream.replaces)
    if replaced:
        places.swap(replaced, image, dream.node)


def _withdraw(dream: Dream) -> None:
    """Put back what the preview was shown instead of, and remove it."""
    preview = images.by_uid(dream.preview) if dream.is_here else None
    if preview:
        replaced = images.by_uid(dream.replaces)
        if replaced:
            preview.user_remap(replaced)
        bpy.data.images.remove(preview)


def _finish(dream: Dream) -> None:
    _withdraw(dream)
    error = dream.remote.error
    if dream.remote.result is not None:
        _arrive(dream, dream.remote.result)
    elif error:
        notices.say("ERROR", error.msg, error.hint)


def _arrive(dream: Dream, picture: Picture) -> None:
    """Make the result a step of the history, and showing it where the artist dreamt the next one."""
    source = images.by_uid(dream.source) if dream.is_here else None
    replaced = images.by_uid(dream.replaces) if dream.is_here else None
    image = images.new_result(dream.name, dream.form, picture)
    images.write(image, picture)
    properties.store(image, dream.settings, source, datetime.now(UTC).isoformat(timespec="seconds"))
    results.keep(image, picture, dream.replaces)
    dream.result = image.session_uid
    if replaced is None:
        reason = "was removed" if dream.is_here else "is in another file"
        _keep_aside(image, "WARNING", f"“{dream.name}” {reason}")
    elif dream.node is None:
        places.swap(replaced, image, None)
    elif dream.node.image == replaced:
        _push_undo("Dream Image")
        places.swap(replaced, image, dream.node)
    else:
        _keep_aside(image, "INFO", f"The node that “{dream.name}” was on shows something else now")
    _push_undo("Dream")


def _keep_aside(image: Image, level: str, reason: str) -> None:
    """Keep a result that can't be shown anywhere, and say so."""
    image.use_fake_user = True
    notices.say(level, f"{reason}; its dream is kept as the image “{image.name}”.")


def _push_undo(message: str) -> None:
    windows = bpy.context.window_manager.windows
    # A timer has no window of its own, and background mode none at all.
    with bpy.context.temp_override(**({"window": windows[0]} if windows else {})):
        if bpy.ops.ed.undo_push.poll():
            bpy.ops.ed.undo_push(message=message)
