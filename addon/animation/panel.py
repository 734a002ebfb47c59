"""The panel “Animation” among the render properties."""

from __future__ import annotations

import bpy
from bpy.types import Context, Panel, UILayout

from ...shared.frames.settings import FrameSettings
from .. import connection, drawing, server_process
from . import demands, dreaming

_SPECS = FrameSettings.specs()


class RenderAnimation(Panel):
    """Dream the scene's animation."""

    bl_idname = "RENDER_PT_reverie_animation"
    bl_label = "Animation"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "render"
    bl_parent_id = "RENDER_PT_reverie"

    def draw(self, context: Context) -> None:
        """What is under way, or what to begin and how."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        now = dreaming.current()
        if now:
            _draw_progress(layout, now)
        else:
            _draw_buttons(layout, context)
        column = layout.column()
        column.enabled = now is None
        _draw_settings(column, context)


def _draw_progress(layout: UILayout, now: dreaming.DreamedAnimation) -> None:
    layout.label(text=now.title, icon="RENDER_ANIMATION", translate=False)
    row = layout.row(align=True)
    row.progress(factor=now.fraction, text=now.status)
    row.operator("reverie.pause_animation", text="", icon="PLAY" if now.is_paused else "PAUSE")
    row.operator("reverie.cancel_animation", text="", icon="X")
    if not connection.is_connected():
        problem = connection.problem()
        if problem and not server_process.is_running():
            drawing.way_out(layout)


def _draw_buttons(layout: UILayout, context: Context) -> None:
    row = layout.row(align=True)
    row.scale_y = 1.4
    if dreaming.is_unfinished(context.scene):
        row.operator("reverie.dream_animation", text="Go On", icon="RENDER_ANIMATION")
        row.operator("reverie.dream_animation", text="Anew", icon="FILE_REFRESH").anew = True
    else:
        row.operator("reverie.dream_animation", icon="RENDER_ANIMATION")


def _draw_settings(column: UILayout, context: Context) -> None:
    group = context.scene.reverie_animation
    column.row().prop(group, "source", expand=True)
    if group.source == "DISK":
        column.prop(group, "first", placeholder="The scene's output")
    column.prop(group, "folder", placeholder="Beside the frames")
    column.separator()
    for name in _SPECS:
        row = column.row()
        row.active = name != "motion" or group.coherence > 0
        row.prop(group, name)
    if group.source == "RENDER":
        column.prop(group, "keep_passes")
        note = demands.advice(context.scene, group)
        if note:
            drawing.note(column, context, note)


register, unregister = bpy.utils.register_classes_factory((RenderAnimation,))
