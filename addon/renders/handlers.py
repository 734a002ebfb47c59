"""What Blender calls around rendering."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.types import Scene

from . import after_render


@persistent
def _begins(scene: Scene, *_: Any) -> None:
    after_render.begins(scene)


@persistent
def _frame_begins(*_: Any) -> None:
    after_render.frame_begins()


@persistent
def _ends(scene: Scene, *_: Any) -> None:
    after_render.ends(scene)


@persistent
def _cancelled(scene: Scene, *_: Any) -> None:
    after_render.cancelled(scene)


@persistent
def _after_load(*_: Any) -> None:
    after_render.after_load()


@persistent
def _after_undo(*_: Any) -> None:
    after_render.remove_leftovers()


_HANDLERS = (
    (bpy.app.handlers.render_init, _begins),
    (bpy.app.handlers.render_pre, _frame_begins),
    (bpy.app.handlers.render_complete, _ends),
    (bpy.app.handlers.render_cancel, _cancelled),
    (bpy.app.handlers.load_post, _after_load),
    (bpy.app.handlers.undo_post, _after_undo),
    (bpy.app.handlers.redo_post, _after_undo),
)


def register() -> None:
    """Have Blender call us."""
    for calls, handler in _HANDLERS:
        calls.append(handler)


def unregister() -> None:
    """Have Blender call us no more."""
    for calls, handler in _HANDLERS:
        calls.remove(handler)
