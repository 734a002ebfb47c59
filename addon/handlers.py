"""What Blender calls around saving, loading and undo."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import awaiting, dreams, images, results, returning


@persistent
def _before_save(*_: Any) -> None:
    dreams.hide_previews()
    awaiting.keep_marks({dream.remote.job for dream in dreams.running})
    results.pack_all()


@persistent
def _after_save(*_: Any) -> None:
    dreams.hide_previews(False)


@persistent
def _saved(*_: Any) -> None:
    _after_save()
    awaiting.saved()


@persistent
def _after_load(*_: Any) -> None:
    images.after_load()
    results.forget_all()
    awaiting.saved()  # What had arrived and was not saved, nobody wanted.
    for dream in dreams.after_load():
        returning.leave_behind(dream)
    returning.after_load()


@persistent
def _before_undo(*_: Any) -> None:
    results.before_undo()


@persistent
def _after_undo(*_: Any) -> None:
    results.after_undo()
    dreams.after_undo()


_HANDLERS = (
    (bpy.app.handlers.save_pre, _before_save),
    (bpy.app.handlers.save_post, _saved),
    (bpy.app.handlers.save_post_fail, _after_save),
    (bpy.app.handlers.load_post, _after_load),
    (bpy.app.handlers.undo_pre, _before_undo),
    (bpy.app.handlers.redo_pre, _before_undo),
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
