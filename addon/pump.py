"""What moves everything on: one timer in Blender's interface, a plain call in tests, scripts and handlers."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import bpy

from . import awaiting, connection, doctoring, dreams, notices, places, returning, server_process
from .animation import dreaming
from .problems import Problem
from .renders import after_render

if TYPE_CHECKING:
    from .dream import Dream

# How long to wait for the next tick, in seconds: while dreams are under way, while a render may begin one, else.
BUSY, READY, IDLE = 0.02, 0.1, 0.5

# How long a script waits for a server that is not there, in seconds.
PATIENCE = 30.0

# How often the progress is drawn anew, in seconds.
REDRAW_EVERY = 0.1

# The kinds of modal operators that are strokes: an undo step in the middle of one would keep half of it.
STROKES = {"TRANSFORM", "PAINT", "SCULPT", "GREASE_PENCIL", "GPENCIL", "CURVES", "SCULPT_CURVES"}

_looked = False
_drawn: object = None
_drawn_at = 0.0


def pump() -> bool:
    """Move the dreams on, for a few milliseconds. True where there is more to do at once.

    A tick that takes in a whole picture does nothing else, since that can't be split. Pictures wait while Blender
    renders and while the artist is in the middle of a stroke: the file must not change under either.
    """
    server_process.watch()
    after_render.tend_beginning()
    if not _is_busy():
        tended = dreams.tend() or returning.tend()
        if after_render.tend() or tended:
            return True
    client = connection.current()
    more = client.pump() if client else False
    return dreaming.tend() or more


def wait(dream: Dream) -> None:
    """Pump until ``dream`` is over, for scripts without windows.

    Raises `Problem` where it failed, or where there is no server for `PATIENCE` seconds; it is given up then.
    """
    reached = time.monotonic()
    while dream in dreams.running:
        client = connection.current()
        if not pump() and client:
            client.wait(BUSY)
        if connection.is_connected():
            reached = time.monotonic()
        elif time.monotonic() - reached > PATIENCE:
            dreams.cancel(dream)
            raise connection.problem() or Problem("The dream server can't be reached.", "Start it and dream again.")
    error = dream.remote.error
    if dream.result is None and error:
        raise Problem(error.msg, error.hint)


def wait_for_server() -> None:
    """Pump until there is a server, for scripts without windows. Raises `Problem` after `PATIENCE` seconds."""
    client, begun = connection.get(), time.monotonic()
    while not connection.is_connected():
        if time.monotonic() - begun > PATIENCE:
            raise connection.problem() or Problem("The dream server can't be reached.", "Start it and dream again.")
        if not pump():
            client.wait(BUSY)


def wait_for_animation(animation: dreaming.DreamedAnimation) -> None:
    """Pump until all of ``animation`` is dreamed, for scripts without windows.

    Raises `Problem` where it was stopped, or where there is no server for `PATIENCE` seconds; it is given up then.
    """
    reached = time.monotonic()
    while dreaming.current() is animation:
        client = connection.current()
        if not pump() and client:
            client.wait(BUSY)
        if connection.is_connected():
            reached = time.monotonic()
        elif time.monotonic() - reached > PATIENCE:
            dreaming.cancel()
            raise connection.problem() or Problem("The dream server can't be reached.", "Start it and dream again.")
    if animation.problem:
        raise animation.problem


def register() -> None:
    """Start the timer. It survives the loading of files, and background mode never calls it."""
    global _looked
    _looked = False
    bpy.app.timers.register(_tick, first_interval=IDLE, persistent=True)


def unregister() -> None:
    """Stop the timer and drop everything that is under way."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    dreams.leave()
    dreaming.leave()
    awaiting.leave()
    returning.forget()
    doctoring.end()
    connection.say_goodbye()
    connection.close()
    server_process.stop()


def _is_busy() -> bool:
    if bpy.app.is_job_running("RENDER"):
        return True
    modal = (operator for window in bpy.context.window_manager.windows for operator in window.modal_operators)
    return any(operator.bl_idname.partition("_OT_")[0] in STROKES for operator in modal)


def _tick() -> float:
    global _looked
    if not _looked:
        with contextlib.suppress(Problem):  # Where modules are missing, nothing can be looked for.
            connection.address()
            _looked = True
            returning.look()
    with contextlib.suppress(Problem):  # The panels say what is wrong.
        connection.get()
    more = pump()
    _redraw_on_change()
    if more:
        return 0.0
    if dreams.running or dreaming.current():
        return BUSY
    return READY if after_render.is_wanted() else IDLE


def _redraw_on_change() -> None:
    """Redraw where something that is shown has changed, at most every `REDRAW_EVERY` seconds."""
    global _drawn, _drawn_at
    now = time.monotonic()
    if now - _drawn_at < REDRAW_EVERY:
        return
    client, animation = connection.current(), dreaming.current()
    shown = (
        [(dream.status, round(dream.remote.fraction, 2), dream.preview_serial) for dream in dreams.running],
        client and (client.state, client.problem, len(client.networks)),
        server_process.is_running() and server_process.last_line(),
        notices.current(),
        animation and animation.status,
        [(each.name, each.remote.state, each.remote.step) for each in returning.known()],
    )
    if shown != _drawn:
        _drawn, _drawn_at = shown, now
        places.redraw()
