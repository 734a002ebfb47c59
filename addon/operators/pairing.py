"""Servers on other computers: their invites, and being let in."""

# pyright: reportInvalidTypeForm=false
from __future__ import annotations

from pathlib import Path

import bpy
from bpy.types import Context, Event, Operator

from .. import connection, identity, places, preferences
from ..problems import Problem


class Pair(Operator):
    """Have the server know this computer, by the code that “reverie pair” shows there"""

    bl_idname = "reverie.pair"
    bl_label = "Pair with Server"

    code: bpy.props.StringProperty(
        name="Code",
        description="Six digits. Whoever runs the server gets them from: reverie pair",
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Ask for the code."""
        return context.window_manager.invoke_props_dialog(self, width=300)

    def execute(self, _context: Context) -> set[str]:
        """Show it to the server; the panels tell what comes of it."""
        try:
            connection.pair(self.code)
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        places.redraw()
        return {"FINISHED"}


class OpenInvite(Operator):
    """Open the invite file that a dream server wrote, instead of pasting its line"""

    bl_idname = "reverie.open_invite"
    bl_label = "Open Invite…"

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.reverie;*.txt", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Let the artist choose the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context: Context) -> set[str]:
        """Go where it leads."""
        try:
            preferences.get().address = identity.open_invite(Path(self.filepath)).line
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        places.redraw()
        return {"FINISHED"}


classes = (Pair, OpenInvite)
