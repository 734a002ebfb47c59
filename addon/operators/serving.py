"""The server: reach it, start it, stop it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import bpy
from bpy.types import Context, Event, Operator, Timer

from .. import connection, dreams, places, preferences, pump, server_process
from ..problems import Problem

if TYPE_CHECKING:
    from ...shared.client import Client

# How long a server may take to answer a test, in seconds.
PATIENCE = 5.0


def _approach() -> Client:
    """Connect anew, so that what is tested is not an old answer; but leave a line that dreams are using."""
    if not dreams.running:
        connection.close()
    return connection.get()


def _is_decided() -> bool:
    """Whether it is known if the server can be reached."""
    return connection.is_connected() or connection.problem() is not None


class TestConnection(Operator):
    """Try to reach the dream server, and say what is wrong where that fails"""

    bl_idname = "reverie.test_connection"
    bl_label = "Test Connection"

    _timer: Timer
    _deadline: float

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Begin; the answer comes while Blender goes on."""
        try:
            _approach()
        except Problem as problem:
            return self._failed(problem)
        self._deadline = time.monotonic() + PATIENCE
        self._timer = context.window_manager.event_timer_add(0.1, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Look whether there is an answer yet."""
        if event.type != "TIMER" or not (_is_decided() or time.monotonic() > self._deadline):
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return self._tell()

    def execute(self, _context: Context) -> set[str]:
        """Wait for the answer: for scripts."""
        try:
            client = _approach()
        except Problem as problem:
            return self._failed(problem)
        deadline = time.monotonic() + PATIENCE
        while not _is_decided() and time.monotonic() < deadline:
            pump.pump()
            client.wait(pump.BUSY)
        return self._tell()

    def _tell(self) -> set[str]:
        places.redraw()
        client = connection.current()
        if client and connection.is_connected() and client.server:
            self.report({"INFO"}, f"Connected to {client.server.name} at {client.address}.")
            return {"FINISHED"}
        return self._failed(connection.problem() or Problem("The dream server did not answer.", "Try again."))

    def _failed(self, problem: Problem) -> set[str]:
        self.report({"ERROR"}, str(problem))
        return {"CANCELLED"}


class StartServer(Operator):
    """Start a dream server on this computer, with the command set in the preferences"""

    bl_idname = "reverie.start_server"
    bl_label = "Start Server"

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """Whether it is not running yet."""
        return not server_process.is_running()

    def execute(self, _context: Context) -> set[str]:
        """Start it, and connect as soon as it is there."""
        try:
            server_process.start()
            connection.get()
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        places.redraw()
        return {"FINISHED"}


class StopServer(Operator):
    """End the dream server that was started here"""

    bl_idname = "reverie.stop_server"
    bl_label = "Stop Server"

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """Whether it is running."""
        return server_process.is_running()

    def execute(self, _context: Context) -> set[str]:
        """End it."""
        server_process.stop()
        places.redraw()
        return {"FINISHED"}


class EnableOnlineAccess(Operator):
    """Open the preference that allows add-ons to reach other computers"""

    bl_idname = "reverie.enable_online_access"
    bl_label = "Allow Online Access…"

    def execute(self, context: Context) -> set[str]:
        """Show Blender's own preference: only the artist may turn it on."""
        bpy.ops.screen.userpref_show()
        context.preferences.active_section = "SYSTEM"
        return {"FINISHED"}


class ShowPreferences(Operator):
    """Open Reverie's preferences"""

    bl_idname = "reverie.show_preferences"
    bl_label = "Reverie Preferences…"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    def execute(self, _context: Context) -> set[str]:
        """Open them."""
        return bpy.ops.preferences.addon_show(module=preferences.PACKAGE)  # type: ignore[return-value]


classes = (
    TestConnection,
    StartServer,
    StopServer,
    EnableOnlineAccess,
    ShowPreferences,
)
