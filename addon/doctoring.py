"""The doctor in Blender: examines the way to the server while Blender goes on, and shows what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
from bpy.types import Context, UILayout

from . import connection, drawing, identity

if TYPE_CHECKING:
    from ..shared.client.doctor import Doctor

_doctor: Doctor | None = None


def begin() -> None:
    """Examine the way to the server of the preferences from the start. Raises `Problem`."""
    global _doctor
    where = connection.address()
    from ..shared.client.doctor import Doctor

    end()
    _doctor = Doctor(where, identity.own(where), online=bpy.app.online_access)


def advance() -> bool:
    """Go on a little; False once all is known."""
    return _doctor is not None and _doctor.advance()


def wait(seconds: float) -> None:
    """Sleep until there may be more to know: for scripts."""
    if _doctor:
        _doctor.wait(seconds)


def is_healthy() -> bool:
    """Whether all that was examined is well."""
    return _doctor is not None and _doctor.healthy


def report() -> str:
    """What was found, as text to send to somebody; empty where nothing was examined."""
    return _doctor.report() if _doctor else ""


def draw(layout: UILayout, context: Context) -> None:
    """What was found, a line each; nothing before the first examination."""
    if _doctor is None or not _doctor.findings:
        return
    column = layout.box().column(align=True)
    for found in _doctor.findings:
        icon = {True: "CHECKMARK", False: "CANCEL", None: "DOT"}[found.fine]
        for line in drawing.wrapped(context, f"{found.question}: {found.text}"):
            column.label(text=line, icon=icon, translate=False)
            icon = "BLANK1"
        for line in drawing.wrapped(context, found.hint):
            column.label(text=line, icon="BLANK1", translate=False)
    column.separator()
    column.operator("reverie.copy_report", icon="COPYDOWN")


def end() -> None:
    """Forget it all."""
    global _doctor
    if _doctor:
        _doctor.close()
    _doctor = None
