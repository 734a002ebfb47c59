"""What Blender calls while it renders, saves, undoes and loads, for the sake of an animation.

A render in a window runs in a thread of its own, whose handlers only note what has happened: a timer moves the
animation on. In background mode there is no timer, and it is moved on from the handlers: between two frames, and each
time the renderer tells how far it is.
"""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.types import Scene

from ..problems import Problem
from . import demands, dreaming

# How long a render without windows may wait for a frame to be sent, in seconds.
_PATIENCE = 5.0


@persistent
def _frame_written(scene: Scene, *_: Any) -> None:
    animation = _rendered_from(scene)
    if animation:
        try:
            animation.offer(animation.plan.rendering.written(scene))  # type: ignore[union-attr]
        except Problem as problem:
            animation.give_up(problem)
        if bpy.app.background:
            dreaming.settle(_PATIENCE)


@persistent
def _completed(scene: Scene, *_: Any) -> None:
    animation = _rendered_from(scene)
    if animation:
        animation.rendered()


@persistent
def _cancelled(scene: Scene, *_: Any) -> None:
    animation = _rendered_from(scene)
    if animation:
        animation.give_up(Problem("The render was cancelled."))


@persistent
def _move_on(*_: Any) -> None:
    if bpy.app.background:
        dreaming.move_on()


@persistent
def _before_save(*_: Any) -> None:
    for scene in bpy.data.scenes:
        demands.restore(scene)


@persistent
def _after_save(*_: Any) -> None:
    animation = dreaming.current()
    scene = animation and dreaming.scene_of(animation)
    if animation and scene and animation.is_rendering:
        demands.change(scene, animation.plan.changes)


@persistent
def _after_history(*_: Any) -> None:
    """An undo or another file: what stands in the scenes may be from the middle of a run, or of none."""
    _before_save()
    _after_save()


_HANDLERS = (
    ("render_write", _frame_written),
    ("render_complete", _completed),
    ("render_cancel", _cancelled),
    ("render_stats", _move_on),
    ("save_pre", _before_save),
    ("save_post", _after_save),
    ("save_post_fail", _after_save),
    ("undo_post", _after_history),
    ("redo_post", _after_history),
    ("load_post", _after_history),
)


def register() -> None:
    """Have Blender call us."""
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Have Blender call us no more."""
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)


def _rendered_from(scene: Scene) -> dreaming.DreamedAnimation | None:
    """The animation whose frames the render of ``scene`` brings."""
    animation = dreaming.current()
    return animation if animation and animation.is_rendering and animation.scene == scene.session_uid else None
