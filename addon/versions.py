"""What differs between Blender 4.2 and 5.2: the only file that reads Blender's version."""

from __future__ import annotations

import bpy
from bpy.types import ID


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
