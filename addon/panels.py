"""The tab "Reverie" in the sidebars of the Image Editor and the Shader Editor."""

from __future__ import annotations

from itertools import groupby

import bpy
from bpy.types import Context, Image, Menu, Panel, UILayout

from ..shared import presets
from . import connection, drawing, drawing_returned, drawing_settings, dreams, notices, places, server_process, toggling


class _InImageEditor:
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Reverie"


class _InShaderEditor:
    bl_space_type = "NODE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Reverie"

    @classmethod
    def poll(cls, context: Context) -> bool:
        return context.space_data.tree_type == "ShaderNodeTree"  # type: ignore[attr-defined]


class _Dream:
    """The image, the button, what is under way, and what is wrong."""

    bl_label = "Dream"

    def draw_header_preset(self, _context: Context) -> None:
        row = self.layout.row(align=True)  # type: ignore[attr-defined]
        row.operator("reverie.test_connection", text="", icon=drawing.state_icon(), emboss=False)
        row.operator("reverie.show_preferences", text="", icon="PREFERENCES", emboss=False)
        row.separator()

    def draw(self, context: Context) -> None:
        layout: UILayout = self.layout  # type: ignore[attr-defined]
        image = places.chosen(context).image
        here = dreams.on(image)
        draw_connection(layout, context)
        draw_notice(layout, context)
        drawing_returned.draw(layout, context)
        if image:
            layout.label(text=here.name if here else image.name, icon_value=layout.icon(image), translate=False)
        else:
            nothing = layout.row()
            nothing.active = False
            nothing.label(text=self._nothing, icon="INFO")  # type: ignore[attr-defined]
        row = layout.row(align=True)
        row.scale_y = 1.4
        if here:
            draw_progress(row, here)
            draw_warning(layout, context, here)
        else:
            row.operator("reverie.dream", icon="SHADERFX")
        for dream in dreams.running:
            if dream is not here:
                column = layout.column(align=True)
                column.label(text=dream.name, icon="IMAGE_DATA", translate=False)
                draw_progress(column.row(align=True), dream)
                draw_warning(layout, context, dream)
        if image and not here and toggling.counterpart(image):
            _draw_result(layout, image)


class _Settings:
    """The settings of the next dream."""

    bl_label = "Settings"

    def draw_header_preset(self, _context: Context) -> None:
        self.layout.menu("REVERIE_MT_presets", text="", icon="PRESET")  # type: ignore[attr-defined]

    def draw(self, context: Context) -> None:
        drawing_settings.draw(self.layout, context)  # type: ignore[attr-defined]


class ImageDream(_InImageEditor, _Dream, Panel):
    """Dream on the shown image."""

    bl_idname = "REVERIE_PT_image_dream"
    _nothing = "No image is shown"


class ImageSettings(_InImageEditor, _Settings, Panel):
    """How to dream, beside the image."""

    bl_idname = "REVERIE_PT_image_settings"
    bl_parent_id = "REVERIE_PT_image_dream"


class ShaderDream(_InShaderEditor, _Dream, Panel):
    """Dream on the image of the active node."""

    bl_idname = "REVERIE_PT_shader_dream"
    _nothing = "Select an image-texture node"


class ShaderSettings(_InShaderEditor, _Settings, Panel):
    """How to dream, beside the nodes."""

    bl_idname = "REVERIE_PT_shader_settings"
    bl_parent_id = "REVERIE_PT_shader_dream"


class Presets(Menu):
    """Named looks."""

    bl_idname = "REVERIE_MT_presets"
    bl_label = "Presets"

    def draw(self, _context: Context) -> None:
        """A column for each group, a line for each preset."""
        found = [presets.load(name) for name in presets.names()]
        row = self.layout.row()
        for group, members in groupby(found, key=lambda preset: preset.group):
            column = row.column()
            column.label(text=group)
            column.separator()
            for preset in members:
                column.operator("reverie.apply_preset", text=preset.title).name = preset.name


def draw_connection(layout: UILayout, context: Context) -> None:
    """What keeps us from the server, and the way out; nothing while all is well."""
    if connection.is_connected():
        return
    if server_process.is_running():
        layout.label(text="The dream server is starting…", icon="SORTTIME")
        return
    problem = server_process.death() or connection.problem()
    if problem:
        drawing.problem(layout, context, problem)
        drawing.way_out(layout)


def draw_notice(layout: UILayout, context: Context) -> None:
    """The newest notice, and a button to take it away."""
    notice = notices.current()
    if notice:
        icon = "INFO" if notice.level == "INFO" else "ERROR"
        head = drawing.message(layout, context, notice.message, notice.hint, icon)
        head.operator("reverie.dismiss", text="", icon="X", emboss=False)


def draw_progress(row: UILayout, dream: dreams.Dream) -> None:
    """How far a dream is, and a button to give it up."""
    row.progress(factor=dream.remote.fraction, text=dream.status)
    row.operator("reverie.cancel", text="", icon="X").index = dreams.running.index(dream)


def draw_warning(layout: UILayout, context: Context, dream: dreams.Dream) -> None:
    """What the server last warned of, for as long as the dream is under way."""
    if dream.remote.warnings:
        drawing.note(layout, context, dream.remote.warnings[-1])


def _draw_result(layout: UILayout, image: Image) -> None:
    is_result = bool(image.reverie.record)
    column = layout.column(align=True)
    column.operator(
        "reverie.toggle_original", text="Show Original" if is_result else "Show Dream", icon="UV_SYNC_SELECT"
    )
    if is_result:
        column.operator("reverie.dream_again", icon="FILE_REFRESH")


classes = (
    ImageDream,
    ImageSettings,
    ShaderDream,
    ShaderSettings,
    Presets,
)

register, unregister = bpy.utils.register_classes_factory(classes)
