"""What the panels and the preferences have in common."""

from __future__ import annotations

import textwrap

import bpy
from bpy.types import Context, UILayout

from . import connection, server_process
from .problems import Problem

_STATES = {
    "CONNECTED": ("Connected", "INTERNET"),
    "CONNECTING": ("Connecting…", "SORTTIME"),
    "DISCONNECTED": ("Not connected", "INTERNET_OFFLINE"),
    "ERROR": ("Not connected", "ERROR"),
}


def message(layout: UILayout, context: Context, text: str, hint: str, icon: str) -> UILayout:
    """A box with a sentence on what happened and one on what to do; returns the row of the first line."""
    column = layout.box().column(align=True)
    head = column.row()
    lines = wrapped(context, text)
    head.label(text=lines[0], icon=icon)
    for line in lines[1:]:
        column.label(text=line, icon="BLANK1")
    advice = column.column(align=True)
    advice.active = False
    for line in wrapped(context, hint):
        advice.label(text=line, icon="BLANK1")
    return head


def problem(layout: UILayout, context: Context, found: Problem) -> None:
    """A box that says what keeps a dream from being dreamt, with the way out where there is one."""
    message(layout, context, found.message, found.hint, "ERROR")


def note(layout: UILayout, context: Context, text: str) -> None:
    """Something worth knowing, in grey."""
    column = layout.column(align=True)
    column.active = False
    for line, words in enumerate(wrapped(context, text)):
        column.label(text=words, icon="BLANK1" if line else "INFO")


def state(layout: UILayout) -> None:
    """One line on the connection: connected to what, connecting, disconnected, error."""
    client = connection.current()
    text, icon = _state()
    if client and client.server and client.state.name == "CONNECTED":
        devices = ", ".join(str(device.get("name", "")) for device in client.server.devices)
        text = f"{text} to {client.server.name}" + (f" · {devices}" if devices else "")
    layout.label(text=text, icon=icon)


def lock(layout: UILayout) -> None:
    """A line on the keys: the four words of the server's, or that there are none."""
    client = connection.current()
    if client and client.address.key:
        from ..shared.wire.keys import fingerprint

        layout.label(text=fingerprint(client.address.key), icon="LOCKED", translate=False)
    else:
        layout.label(text="This computer only, without keys", icon="UNLOCKED")


def state_icon() -> str:
    """The icon for how the connection stands."""
    return _state()[1]


def labelled(layout: UILayout, text: str) -> UILayout:
    """A row beside a label, aligned as a property's field is beside its name."""
    split = layout.split(factor=0.4)
    name = split.row()
    name.alignment = "RIGHT"
    name.label(text=text)
    return split.row()


def way_out(layout: UILayout) -> None:
    """The button that mends what keeps us from the server."""
    try:
        where = connection.address()
    except Problem:
        layout.operator("reverie.show_preferences", icon="PREFERENCES")
        return
    if not where.is_loopback and not bpy.app.online_access:
        layout.operator("reverie.enable_online_access", icon="INTERNET")
    elif connection.may_pair():
        layout.operator("reverie.pair", text="Pair…", icon="LOCKED")
    elif not where.is_loopback and not where.key:
        layout.operator("reverie.open_invite", icon="FILE_FOLDER")
    elif where.is_loopback and not server_process.is_running():
        layout.operator("reverie.start_server", icon="PLAY")


def wrapped(context: Context, text: str) -> list[str]:
    """``text`` in lines that fit the region."""
    scale = context.preferences.system.ui_scale
    width = context.region.width / scale if context.region else 300.0
    # Blender's interface font is 11 points: about 6.2 pixels a character; icon, box, margins and a button take 90.
    return textwrap.wrap(text, max(int((width - 90) / 6.2), 16)) or ([""] if text else [])


def _state() -> tuple[str, str]:
    client = connection.current()
    return _STATES[client.state.name if client else "DISCONNECTED"]
