"""The panel "Reverie" among the render properties."""

from __future__ import annotations

import bpy
from bpy.types import Context, Panel, Scene, UILayout

from ...shared import presets
from .. import connection, drawing_returned, panels
from ..compositing import render_pass, tree
from . import after_render


class RenderReverie(Panel):
    """Dream on the scene's stills."""

    bl_idname = "RENDER_PT_reverie"
    bl_label = "Reverie"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "render"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012

    def draw_header_preset(self, _context: Context) -> None:
        """The looks to choose from."""
        self.layout.menu("REVERIE_MT_presets", text="", icon="PRESET")

    def draw(self, context: Context) -> None:
        """What a still is dreamt with, the button, and the node in the compositor."""
        layout, scene = self.layout, context.scene
        layout.use_property_split = True
        layout.use_property_decorate = False
        panels.draw_connection(layout, context)
        panels.draw_notice(layout, context)
        drawing_returned.draw(layout, context)
        row = layout.row()
        row.use_property_split = False
        row.prop(scene.reverie_render, "dream_after_render")
        look = layout.row()
        look.active = False
        look.label(text=_look(scene), icon="SHADERFX")
        row = layout.row(align=True)
        row.scale_y = 1.2
        dream = after_render.on(scene)
        if dream:
            panels.draw_progress(row, dream)
            panels.draw_warning(layout, context, dream)
        else:
            row.operator("reverie.dream_render", icon="RENDER_STILL")
        _draw_pass(layout, scene)


def _draw_pass(layout: UILayout, scene: Scene) -> None:
    node = render_pass.find(scene)
    if node is None:
        layout.operator("reverie.add_pass", icon="NODE_COMPOSITING")
        return
    column = layout.column()
    for name in ("Strength", "Detail"):
        socket = node.inputs[name]
        if socket.is_linked:
            column.label(text=f"{name} is linked in the compositor", icon="LINKED")
        else:
            column.prop(socket, "default_value", text=name)
    if render_pass.is_waiting(node):
        note = column.row()
        note.active = False
        note.label(text="Not dreamt yet", icon="TIME")
    if not scene.render.use_compositing:
        column.label(text="Compositing is off", icon="ERROR")
        column.prop(scene.render, "use_compositing")
    if not tree.is_used(scene):
        column.label(text="The compositor's nodes are off", icon="ERROR")
        column.prop(scene, "use_nodes")
    layout.operator("reverie.remove_pass", icon="X")


def _look(scene: Scene) -> str:
    """What the next still is dreamt with, in one line: “Lace · GoogLeNet”."""
    group = scene.reverie
    network = connection.network(group.network).get("title") or group.network
    return " · ".join(filter(None, (_preset(scene), network)))


def _preset(scene: Scene) -> str:
    """The look whose settings are the artist's, if there is one."""
    group = scene.reverie
    for name in presets.names():
        preset = presets.load(name)
        if all(_is(getattr(group, key), value) for key, value in preset.settings.items()):
            return preset.title
    return "Own Look"


def _is(value: object, wanted: object) -> bool:
    # Blender keeps 32-bit floats.
    return abs(value - wanted) < 1e-5 if isinstance(value, float) else value == wanted  # type: ignore[operator]


register, unregister = bpy.utils.register_classes_factory((RenderReverie,))
