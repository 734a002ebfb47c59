"""Where a dream is seen: its previews while it runs, its result when it arrives.

Previews are shown where the artist dreamt: on the node, so that the mesh dreams too, and in the Image Editors. None of
this is an undo step. On arrival the old image is put back, the result becomes one step of the history, and showing it
the next: undoing that one brings the old texture back, and redoing it finds the result with its pixels. Previews are
small images of their own: resizing one to hold a result of 2048 x 2048 takes 0.1 to 0.2 s, making a new one less than
half of that.
"""

from __future__ import annotations

from datetime import UTC, datetime

import bpy

from ..shared.picture import Picture
from . import awaiting, images, notices, places, properties, results
from .dream import Dream


def preview(dream: Dream, picture: Picture) -> None:
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


def hide(dream: Dream, hidden: bool = True) -> None:
    """Put what was there before in the place of the preview, for as long as ``hidden``."""
    shown, replaced = images.by_uid(dream.preview), images.by_uid(dream.replaces)
    if shown and replaced:
        places.swap(*((shown, replaced) if hidden else (replaced, shown)), dream.node)


def withdraw(dream: Dream) -> None:
    """Put back what the preview was shown instead of, and remove it."""
    preview = images.by_uid(dream.preview) if dream.is_here else None
    if preview:
        replaced = images.by_uid(dream.replaces)
        if replaced:
            preview.user_remap(replaced)
        bpy.data.images.remove(preview)


def arrive(dream: Dream, picture: Picture) -> None:
    """Make the result a step of the history, and showing it where the artist dreamt the next one.

    Detail alone is no picture, and is shown in the place of nothing but older detail.
    """
    source = images.by_uid(dream.source) if dream.is_here else None
    replaced = images.by_uid(dream.replaces) if dream.is_here else None
    is_layer = dream.settings.output == "detail"
    image = images.new_layer(dream.name, picture) if is_layer else images.new_result(dream.name, dream.form, picture)
    images.write(image, picture)
    inputs = {name: images.by_uid(uid) if dream.is_here else None for name, uid in dream.inputs.items()}
    properties.store(image, dream.settings, source, inputs, datetime.now(UTC).isoformat(timespec="seconds"))
    image.reverie.job = dream.remote.job.hex()
    results.keep(image, picture, dream.replaces, dream.node)
    awaiting.arrived(dream, image)
    dream.result = image.session_uid
    # A result is worth keeping in the file even while its original is shown instead.
    image.use_fake_user = True
    reason = _out_of_place(dream)
    if reason:
        notices.say("WARNING", f"{reason}; its dream is kept as the image “{image.name}”.")
    elif is_layer and not (replaced and properties.is_layer(replaced)):
        notices.say("INFO", f"The detail is the image “{image.name}”.", "Add it to the picture with a mix node: Add.")
    elif replaced:
        if dream.node:
            push_undo("Dream Image")
        places.swap(replaced, image, dream.node)
    push_undo("Dream")


def push_undo(message: str) -> None:
    """Make what was just done a step of the history."""
    windows = bpy.context.window_manager.windows
    # A timer has no window of its own.
    with bpy.context.temp_override(**({"window": windows[0]} if windows else {})):
        if bpy.ops.ed.undo_push.poll():
            bpy.ops.ed.undo_push(message=message)


def _out_of_place(dream: Dream) -> str:
    """Why a result can't be shown where the dream was begun; empty where it can."""
    replaced = images.by_uid(dream.replaces)
    if not dream.is_here:
        return f"“{dream.name}” is in another file"
    if replaced is None:
        return "" if dream.entry.about["rendered"] else f"“{dream.name}” was removed"
    if dream.node and dream.node.is_linked:
        return f"The material of “{dream.name}” is linked from another file"
    if dream.node and dream.node.image != replaced:
        return f"The node of “{dream.name}” shows something else now"
    return ""
