"""Blender's side: the only folder that imports bpy."""

from __future__ import annotations

from . import handlers, operators, panels, preferences, properties, pump

_PARTS = (preferences, properties, operators, panels, handlers, pump)


def register() -> None:
    """Register everything, in order."""
    for part in _PARTS:
        part.register()


def unregister() -> None:
    """Unregister everything, in the opposite order."""
    for part in reversed(_PARTS):
        part.unregister()
