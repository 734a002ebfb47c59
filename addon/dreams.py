"""The dreams under way: begun, tended, given up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import bpy
from bpy.types import ID, Image

from ..shared.picture import Picture
from ..shared.settings import DreamSettings
from . import awaiting, connection, images, notices, places, properties, showing
from .dream import Dream, another_file
from .problems import Problem

if TYPE_CHECKING:
    from .renders.region import Region

# Seconds between two previews of one dream.
PREVIEW_EVERY = 0.25

running: list[Dream] = []


def on(image: Image | None) -> Dream | None:
    """The dream under way that shows as ``image``: its preview, or before there is one what it will replace."""
    uid = image.session_uid if image else None
    return next((dream for dream in running if uid is not None and uid in (dream.preview, dream.replaces)), None)


def start(
    image: Image,
    settings: DreamSettings,
    node: places.NodePlace | None = None,
    replaces: Image | None = None,
    inputs: Mapping[str, Image] = MappingProxyType({}),
    home: ID | None = None,
    region: Region | None = None,
) -> Dream:
    """Dream on ``image`` and show the result on ``node`` and wherever ``replaces`` (``image`` itself if None) is shown.

    inputs: what goes along by name: "guide", "mask". home: what it is for, if not for ``image``. region: what part of a
    render ``image`` is. Returns at once; the dream goes on with each `pump.pump`. Raises `Problem`.
    """
    for each in (image, *inputs.values()):
        images.check(each)
    client = connection.get()
    further = {name: images.read(each) for name, each in inputs.items()}
    note = awaiting.Note(image, replaces or image, node, inputs, settings, region)
    remote = client.dream(
        _picture(image, settings), settings, guide=further.get("guide"), mask=further.get("mask"), noted=note
    )
    dream = Dream(image, replaces or image, node, inputs, remote, note.entry)
    dream.region = region
    awaiting.mark(home or image, dream.entry)
    running.append(dream)
    notices.clear()
    return dream


def again(image: Image, node: places.NodePlace | None = None) -> Dream:
    """Dream once more what ``image`` was dreamt from, with what is stored on it. Raises `Problem`."""
    settings = properties.stored(image)
    original = image.reverie.original
    if original is None:
        way = "Dream on the render again." if image.reverie.rendered else "Dream on another one."
        raise Problem(f"The image that “{image.name}” was dreamt from is gone.", way)
    dream = start(original, settings, node, replaces=image, inputs=properties.inputs(image.reverie))
    lost = properties.lost_inputs(image)
    if lost:
        notices.say("WARNING", f"The {' and the '.join(lost)} of “{image.name}” is gone.", "It is dreamt without it.")
    return dream


def cancel(dream: Dream) -> None:
    """Give a dream up; what was shown before comes back. Does nothing once it is finished."""
    if dream in running:
        running.remove(dream)
        client = connection.current()
        if client:
            client.cancel(dream.remote)
        awaiting.strike(dream.remote.job)
        showing.withdraw(dream)


def change_server() -> None:
    """Give up what runs on the old server and forget it; the new one is reached when it is needed."""
    if running:
        notices.say("WARNING", "The dreams under way were given up with their server.", "Dream again on the new one.")
    for dream in list(running):
        cancel(dream)
    connection.say_goodbye()
    connection.close()


def tend() -> bool:
    """Take in at most one picture, preview or result. True where it did: such a tick does nothing else."""
    for dream in running:
        for warning in dream.remote.warnings[dream.warned :]:
            dream.warned += 1
            notices.say("WARNING", f"“{dream.name}”: {warning}")
    for dream in running:
        if dream.remote.finished:
            running.remove(dream)
            _finish(dream)
            return True
    for dream in running:
        if _has_news(dream):
            dream.preview_serial, dream.previewed = dream.remote.preview_serial, time.monotonic()
            assert dream.remote.preview
            showing.preview(dream, dream.remote.preview)
            return True
    return False


def hide_previews(hidden: bool = True) -> None:
    """Put what was there before in the place of every preview, while the file is saved."""
    for dream in running:
        showing.hide(dream, hidden)


def after_undo() -> None:
    """After an undo or redo: previews of dreams that are over may have been revived, and those under way be gone."""
    for dream in running:
        replaced = images.by_uid(dream.replaces)
        if dream.preview and replaced and images.by_uid(dream.preview) is None:
            places.fill_empty_editors(replaced)
    remove_leftovers()


def leave() -> None:
    """The add-on goes, or Blender: what is under way goes on at the server."""
    for dream in running:
        showing.withdraw(dream)
    running.clear()


def after_load() -> list[Dream]:
    """Another file is open: what is still being dreamt is let go of, and returned; what is arriving arrives here."""
    another_file()
    remove_leftovers()
    arriving = [dream for dream in running if dream.remote.finished or dream.remote.state.name == "RECEIVING"]
    left = [dream for dream in running if dream not in arriving]
    running[:] = arriving
    return left


def remove_leftovers() -> None:
    """Remove images that only ever held the previews of a dream that is over."""
    alive = {dream.preview for dream in running}
    for image in list(bpy.data.images):
        if images.is_unfinished(image) and image.session_uid not in alive:
            original = image.reverie.original
            if original:
                image.user_remap(original)
            bpy.data.images.remove(image)


def _picture(image: Image, settings: DreamSettings) -> Picture:
    """What is sent of ``image``: for a layer of colours to be added, values as Blender adds them up."""
    adds_colours = settings.output == "detail" and settings.content in ("auto", "colour")
    return images.read_linear(image) if adds_colours else images.read(image)


def _has_news(dream: Dream) -> bool:
    return (
        dream.is_here
        and dream.remote.preview_serial != dream.preview_serial
        and time.monotonic() - dream.previewed >= PREVIEW_EVERY
        and images.by_uid(dream.source) is not None
    )


def _finish(dream: Dream) -> None:
    showing.withdraw(dream)
    error = dream.remote.error
    result = dream.remote.result
    if result is not None:
        showing.arrive(dream, dream.region.put_back(result) if dream.region else result)
        return
    awaiting.settle(dream.remote.job)
    if error:
        notices.say("ERROR", error.msg, error.hint)
