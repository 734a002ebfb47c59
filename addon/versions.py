"""What differs between Blender 4.2 and 5.2: the only file that reads Blender's version."""

from __future__ import annotations

import bpy


def max_name_bytes() -> int:
    """The longest name a datablock can have, in bytes of UTF-8."""
    return 255 if bpy.app.version >= (5, 0, 0) else 63


def client_name() -> str:
    """What this Blender calls itself to a dream server: ``Blender 5.2.3``."""
    return "Blender " + ".".join(map(str, bpy.app.version))
