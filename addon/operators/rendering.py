"""Dream on the last render, and the node that mixes its dream in."""

# pyright: reportInvalidTypeForm=false
import bpy
from bpy.types import Context, Operator

from .. import places, pump
from ..compositing import render_pass
from ..problems import Problem
from ..renders import after_render, taking


class DreamRender(Operator):
    """Dream on the last render of this scene, as it came from the renderer"""

    bl_idname = "reverie.dream_render"
    bl_label = "Dream This Render"
    bl_options = {"REGISTER"}  # noqa: RUF012

    # For scripts: in background mode no timer runs, and without waiting nothing moves on.
    wait: bpy.props.BoolProperty(
        name="Wait", description="Return only when the dream is over", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Whether there is a render, and nothing in the way."""
        if taking.render_result() is None:
            cls.poll_message_set("Render this scene first")
        elif bpy.app.is_job_running("RENDER"):
            cls.poll_message_set("Wait until the render is finished")
        elif after_render.on(context.scene):
            cls.poll_message_set("This render is dreaming already")
        else:
            return True
        return False

    def execute(self, context: Context) -> set[str]:
        """Begin; the dream arrives while Blender goes on."""
        try:
            dream = after_render.start(context.scene)
            if self.wait:
                pump.wait(dream)
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        places.redraw()
        return {"FINISHED"}


class AddPass(Operator):
    """Put a node behind the render in the compositor that mixes its dream in"""

    bl_idname = "reverie.add_pass"
    bl_label = "Add to Compositor"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: Context) -> set[str]:
        """Put it in."""
        scene = context.scene
        try:
            render_pass.add(scene, context.view_layer.name)
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        image = after_render.shown(scene)
        if image:
            render_pass.show(scene, image)
        places.redraw()
        return {"FINISHED"}


class RemovePass(Operator):
    """Take the node out of the compositor; all else there stays as it is"""

    bl_idname = "reverie.remove_pass"
    bl_label = "Remove from Compositor"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Whether it is there."""
        return render_pass.find(context.scene) is not None

    def execute(self, context: Context) -> set[str]:
        """Take it out."""
        try:
            render_pass.remove(context.scene)
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        places.redraw()
        return {"FINISHED"}


classes = (DreamRender, AddPass, RemovePass)
