"""The settings as an artist sees them: what is always in sight, and the folded sections below."""

from __future__ import annotations

from bpy.types import Context, UILayout

from ..shared.declaration import Spec
from ..shared.settings import SECTIONS, DreamSettings
from . import connection, properties

_SPECS = DreamSettings.specs()
# After these comes a gap, so that what belongs together stands together.
_GAPS = ("layers", "octave_scale", "strength")


def draw(layout: UILayout, context: Context) -> None:
    """All of them, with a guide and a mask to choose."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    group = context.scene.reverie
    column = layout.column()
    _draw_settings(column, group, "")
    for name in properties.INPUTS:
        row = column.row(align=True)
        row.prop(group, name)
        row.operator("reverie.open_input", text="", icon="FILE_FOLDER").name = name
    network = connection.network(group.network)
    if network and not network.get("installed", True):
        note = layout.row()
        note.active = False
        note.label(text="Its weights are not on the server yet", icon="INFO")
    for section, title in SECTIONS.items():
        header, body = layout.panel(f"REVERIE_{section}", default_closed=True)
        header.label(text=title)
        if body:
            _draw_settings(body.column(), group, section)


def _draw_settings(column: UILayout, group: properties.ReverieSettings, section: str) -> None:
    """The settings of one section; those that change nothing beside the others are greyed."""
    for name, spec in _SPECS.items():
        if spec.section != section:
            continue
        row = column.row()
        row.active = _matters(spec, group)
        if name == "layers":
            row.prop(group, name, placeholder=_favourite(group))
        else:
            row.prop(group, name)
        if name in _GAPS:
            column.separator()


def _matters(spec: Spec, group: properties.ReverieSettings) -> bool:
    if spec.name == "guiding":
        return group.guide is not None  # type: ignore[attr-defined]
    return spec.when is None or spec.applies({spec.when[0]: getattr(group, spec.when[0])})


def _favourite(group: properties.ReverieSettings) -> str:
    """What an empty list of layers stands for."""
    network = connection.network(group.network)  # type: ignore[attr-defined]
    return ", ".join(network.get("default_layers", ())) or "Automatic"
