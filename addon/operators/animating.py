"""Dream an animation, pause it, go on, give it up."""

# pyright: reportInvalidTypeForm=false
import bpy
from bpy.types import Context, Event, Operator, Timer

from .. import places, pump
from ..animation import dreaming
from ..problems import Problem


class DreamAnimation(Operator):
    """Dream the animation, frame by frame, into a folder; what was dreamed before and still holds is kept"""

    bl_idname = "reverie.dream_animation"
    bl_label = "Dream Animation"
    bl_options = {"REGISTER"}  # noqa: RUF012

    anew: bpy.props.BoolProperty(
        name="Anew",
        description="Render every frame again, those of a run that ended before its time too",
        options={"SKIP_SAVE"},
    )
    # For scripts: in background mode no timer runs, and without waiting nothing moves on.
    wait: bpy.props.BoolProperty(
        name="Wait", description="Return only when all is dreamed", options={"HIDDEN", "SKIP_SAVE"}
    )

    _timer: Timer

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """Whether no animation is being dreamed or rendered."""
        if dreaming.current():
            cls.poll_message_set("An animation is being dreamed already")
            return False
        if bpy.app.is_job_running("RENDER"):
            cls.poll_message_set("Wait until the render is over")
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        """Begin."""
        try:
            blocks = self.wait or bpy.app.background
            if blocks:
                pump.wait_for_server()
            begun = dreaming.begin(context.scene, anew=self.anew)
            dreaming.render(begun, wait=blocks)
            if self.wait:
                pump.wait_for_animation(begun)
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        places.redraw()
        return {"FINISHED"}

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Begin; modal only so that ESC cancels it and the status bar tells of it."""
        if self.execute(context) == {"CANCELLED"}:
            return {"CANCELLED"}
        self._timer = context.window_manager.event_timer_add(0.25, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Tell how far it is."""
        now = dreaming.current()
        if now is None:
            return self._leave(context)
        if event.type == "ESC" and event.value == "PRESS":
            dreaming.cancel()
            places.redraw()
            return self._leave(context)
        if event.type == "TIMER":
            context.workspace.status_text_set(f"Dreaming the animation: {now.status}   |   ESC: Cancel")
        return {"PASS_THROUGH"}

    def cancel(self, context: Context) -> None:
        """Blender ends modal operators when a file is loaded; the animation goes on."""
        self._leave(context)

    def _leave(self, context: Context) -> set[str]:
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace:
            context.workspace.status_text_set(None)
        return {"FINISHED"}


class _OfTheRun(Operator):
    bl_options = {"INTERNAL"}  # noqa: RUF012

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """Whether an animation is being dreamed."""
        return dreaming.current() is not None


class PauseAnimation(_OfTheRun):
    """Dream no further frame for now; a render goes on"""

    bl_idname = "reverie.pause_animation"
    bl_label = "Pause"

    def execute(self, _context: Context) -> set[str]:
        """Pause, or go on."""
        now = dreaming.current()
        if now:
            now.pause(not now.is_paused)
            places.redraw()
        return {"FINISHED"}


class CancelAnimation(_OfTheRun):
    """Dream no further frame; what is dreamed stays, and Dream Animation goes on from there"""

    bl_idname = "reverie.cancel_animation"
    bl_label = "Cancel"

    def execute(self, _context: Context) -> set[str]:
        """Cancel."""
        dreaming.cancel()
        places.redraw()
        return {"FINISHED"}


classes = (DreamAnimation, PauseAnimation, CancelAnimation)
