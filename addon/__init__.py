"""Blender's side: the only folder that imports bpy."""

from __future__ import annotations

from . import handlers, operators, panels, preferences, properties, pump
from .animation import command
from .animation import handlers as animation_handlers
from .animation import panel as animation_panel
from .animation import properties as animation_properties
from .renders import handlers as render_handlers
from .renders import panel as render_panel
from .renders import properties as render_properties

_PARTS = (
    preferences,
    properties,
    render_properties,
    animation_properties,
    operators,
    panels,
    render_panel,
    animation_panel,
    handlers,
    render_handlers,
    animation_handlers,
    command,
    pump,
)


def register() -> None:
    """Register everything, in order."""
    for part in _PARTS:
        part.register()


def unregister() -> None:
    """Unregister everything, in the opposite order."""
    for part in reversed(_PARTS):
        part.unregister()
