"""Dream, dream again, cancel."""

# pyright: reportInvalidTypeForm=false
import bpy
from bpy.types import Context, Event, Image, Operator, Timer

from .. import dreams, places, properties, pump
from ..problems import Problem


def _is_free(operator: type[Operator], image: Image | None) -> bool:
    """Whether there is an image that is not dreaming already; says what is missing where not."""
    if image is None:
        operator.poll_message_set("Show an image in the Image Editor, or select an image-texture node")
    elif dreams.on(image):
        operator.poll_message_set("This image is dreaming already")
    else:
        return True
    return False


class _Dreaming:
    """What starts a dream: modal, but only so that ESC cancels it and the status bar tells of it."""

    bl_options = {"REGISTER"}  # noqa: RUF012
    # For scripts: in background mode no timer runs, and without waiting nothing moves on.
    wait: bpy.props.BoolProperty(
        name="Wait", description="Return only when the dream is over", options={"HIDDEN", "SKIP_SAVE"}
    )

    _dream: dreams.Dream
    _timer: Timer

    @classmethod
    def poll(cls, context: Context) -> bool:
        return _is_free(cls, places.chosen(context).image)  # type: ignore[arg-type]

    def begin(self, context: Context) -> dreams.Dream:
        raise NotImplementedError

    def execute(self, context: Context) -> set[str]:
        try:
            self._dream = self.begin(context)
            if self.wait:
                pump.wait(self._dream)
        except Problem as problem:
            self.report({"ERROR"}, str(problem))  # type: ignore[attr-defined]
            return {"CANCELLED"}
        places.redraw()
        return {"FINISHED"}

    def invoke(self, context: Context, _event: Event) -> set[str]:
        if self.execute(context) == {"CANCELLED"}:
            return {"CANCELLED"}
        manager = context.window_manager
        self._timer = manager.event_timer_add(0.25, window=context.window)
        manager.modal_handler_add(self)  # type: ignore[arg-type]
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        if self._dream not in dreams.running:
            return self._leave(context, "FINISHED")
        if event.type == "ESC" and event.value == "PRESS":
            dreams.cancel(self._dream)
            places.redraw()
            return self._leave(context, "CANCELLED")
        if event.type == "TIMER":
            context.workspace.status_text_set(f"Dreaming “{self._dream.name}”: {self._dream.status}   |   ESC: Cancel")
        return {"PASS_THROUGH"}

    def cancel(self, context: Context) -> None:
        # Blender ends modal operators when a file is loaded; the dream goes on.
        self._leave(context, "CANCELLED")

    def _leave(self, context: Context, how: str) -> set[str]:
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace:
            context.workspace.status_text_set(None)
        return {how}


class DreamImage(_Dreaming, Operator):
    """Dream on this image; the result is a new image, shown in its place"""

    bl_idname = "reverie.dream"
    bl_label = "Dream"

    def begin(self, context: Context) -> dreams.Dream:
        """Dream on the chosen image with the scene's settings."""
        chosen = places.chosen(context)
        assert chosen.image
        group = context.scene.reverie
        return dreams.start(chosen.image, properties.read(group), chosen.node, inputs=properties.inputs(group))


class DreamAgain(_Dreaming, Operator):
    """Dream the original of this image once more with what is stored on it, which becomes the scene's"""

    bl_idname = "reverie.dream_again"
    bl_label = "Dream Again with These Settings"

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Whether the chosen image is a dream."""
        image = places.chosen(context).image
        if not (image and image.reverie.record):
            cls.poll_message_set("Choose an image that was dreamt")
            return False
        return _is_free(cls, image)

    def begin(self, context: Context) -> dreams.Dream:
        """Dream again, and show the artist with what."""
        chosen = places.chosen(context)
        assert chosen.image
        dream = dreams.again(chosen.image, chosen.node)
        properties.write(context.scene.reverie, dream.settings)
        properties.write_inputs(context.scene.reverie, properties.inputs(chosen.image.reverie))
        return dream


class CancelDream(Operator):
    """Give this dream up and bring back what was shown before"""

    bl_idname = "reverie.cancel"
    bl_label = "Cancel Dream"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    index: bpy.props.IntProperty(name="Index", description="Which of the dreams under way", default=-1, min=-1)

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """Whether anything is dreaming."""
        return bool(dreams.running)

    def execute(self, _context: Context) -> set[str]:
        """Cancel it."""
        if -len(dreams.running) <= self.index < len(dreams.running):
            dreams.cancel(dreams.running[self.index])
            places.redraw()
        return {"FINISHED"}


classes = (DreamImage, DreamAgain, CancelDream)
