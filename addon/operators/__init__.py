"""The operators: each reads the context and hands over to a function that can be called without it."""

from __future__ import annotations

import bpy

from . import dreaming, serving, viewing

classes = (*dreaming.classes, *viewing.classes, *serving.classes)


def register() -> None:
    """Make the operators known to Blender."""
    for cls in classes:
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Take them away."""
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
