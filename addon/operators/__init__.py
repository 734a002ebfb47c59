"""The operators: each reads the context and hands over to a function that can be called without it."""

from __future__ import annotations

import bpy

from . import animating, choosing, dreaming, examining, pairing, rendering, returning, serving, viewing

classes = (
    *dreaming.classes,
    *rendering.classes,
    *animating.classes,
    *choosing.classes,
    *viewing.classes,
    *returning.classes,
    *serving.classes,
    *pairing.classes,
    *examining.classes,
)

register, unregister = bpy.utils.register_classes_factory(classes)
