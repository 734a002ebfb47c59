"""The doctor's button, and its report."""

from __future__ import annotations

from bpy.types import Context, Event, Operator, Timer

from .. import doctoring, places, pump
from ..problems import Problem


class Examine(Operator):
    """Examine the way to the dream server, step by step, and say what is wrong and what to do"""

    bl_idname = "reverie.examine"
    bl_label = "Examine Connection"

    _timer: Timer

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Begin; the answers come while Blender goes on."""
        if not self._begun():
            return {"CANCELLED"}
        self._timer = context.window_manager.event_timer_add(pump.BUSY, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Ask on."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        going_on = doctoring.advance()
        places.redraw()
        if going_on:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return {"FINISHED"}

    def execute(self, _context: Context) -> set[str]:
        """Wait for all answers: for scripts."""
        if not self._begun():
            return {"CANCELLED"}
        while doctoring.advance():
            doctoring.wait(pump.BUSY)
        return {"FINISHED"}

    def _begun(self) -> bool:
        try:
            doctoring.begin()
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return False
        return True


class CopyReport(Operator):
    """Copy what was found, without the server's name and keys, to send it to somebody"""

    bl_idname = "reverie.copy_report"
    bl_label = "Copy Report"

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """Whether anything was examined."""
        return bool(doctoring.report())

    def execute(self, context: Context) -> set[str]:
        """Into the clipboard."""
        context.window_manager.clipboard = doctoring.report()
        return {"FINISHED"}


classes = (Examine, CopyReport)
