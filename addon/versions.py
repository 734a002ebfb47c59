"""What differs between Blender 4.2 and 5.2: the only file that reads Blender's version."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
from bpy.types import ID, AnimData, FCurve, ImageFormatSettings


def max_name_bytes() -> int:
    """The longest name a datablock can have, in bytes of UTF-8."""
    return 255 if bpy.app.version >= (5, 0, 0) else 63


def client_name() -> str:
    """What this Blender calls itself to a dream server: ``Blender 5.2.3``."""
    return "Blender " + ".".join(map(str, bpy.app.version))


def guard_pointers(datablock: ID) -> None:
    """Have Blender clear what ``datablock`` points to through our properties when that is deleted.

    Blender 5.0 looks through a datablock's pointers only where it has custom properties; elsewhere they go on pointing
    to freed memory, and Blender crashes. Custom properties that were there once are enough.
    """
    if bpy.app.version[:2] == (5, 0) and not datablock.keys():
        datablock["reverie"] = 0
        del datablock["reverie"]


def curves(animation: AnimData) -> Iterator[FCurve]:
    """The F-curves that animate a datablock, tracks and drivers aside."""
    action = animation.action
    if action is None:
        return
    if bpy.app.version < (4, 4, 0):
        yield from action.fcurves  # type: ignore[attr-defined]
        return
    # An action holds the curves of several datablocks since Blender 4.4, each in a slot of its own.
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(animation.action_slot) if animation.action_slot else None  # type: ignore[attr-defined]
            if bag:
                yield from bag.fcurves


def set_format(settings: ImageFormatSettings, name: str) -> None:
    """Choose the format of written pictures: ``PNG``, ``OPEN_EXR_MULTILAYER``."""
    if bpy.app.version >= (5, 0, 0):
        settings.media_type = "MULTI_LAYER_IMAGE" if name == "OPEN_EXR_MULTILAYER" else "IMAGE"
    settings.file_format = name  # type: ignore[assignment]


def knows_size_of_cropped_renders() -> bool:
    """Whether the compositor scales to the size of a render that is cropped to its region, not to the whole of it."""
    return bpy.app.version >= (4, 4, 0)
