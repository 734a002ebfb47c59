"""Blender starts a dream server, sees it die in the middle of a dream, starts it again, and ends it."""

from __future__ import annotations

import os
import signal
import sys
import time

import bpy
import stage

SERVE = f'"{sys.executable}" -m reverie serve --device cpu'


def refused(command: str, *words: str) -> None:
    bpy.context.preferences.addons[stage.PACKAGE].preferences.command = command
    try:
        bpy.ops.reverie.start_server()
    except RuntimeError as error:
        assert all(word in str(error) for word in words), error
        return
    raise AssertionError(f"{command} was started")


def death_is_reported() -> None:
    server = stage.part("server_process")
    broken = f'"{sys.executable}" -c "print(\'The roof fell in\'); raise SystemExit(3)"'
    bpy.context.preferences.addons[stage.PACKAGE].preferences.command = broken
    assert bpy.ops.reverie.start_server() == {"FINISHED"}
    stage.pump_until(server.death, 20)
    assert "error 3" in server.death().message and server.death().hint == "The roof fell in"
    assert not server.is_running()


def start() -> int:
    """Start the real server; its process id."""
    server, connection = stage.part("server_process"), stage.part("connection")
    assert bpy.ops.reverie.start_server() == {"FINISHED"}
    stage.pump_until(connection.is_connected, 60)
    assert server.death() is None and server.last_line()
    return server.process_id()


def play() -> None:
    connection, dreams, server = (stage.part(name) for name in ("connection", "dreams", "server_process"))
    refused("no-such-program serve", "no-such-program", "not found")
    refused("", "no command")
    refused('reverie "serve', "quote")
    death_is_reported()

    bpy.context.preferences.addons[stage.PACKAGE].preferences.command = SERVE
    process = start()
    node = stage.material(stage.painted("Bricks"))
    dream = dreams.start(node.image, stage.settings(octaves=2, iterations=15), stage.place(node))
    stage.pump_until(lambda: dream.remote.step > 3)
    os.kill(process, signal.SIGKILL)
    stage.pump_until(lambda: server.death() and not connection.is_connected(), 30)
    assert "signal 9" in server.death().message
    assert dream.status == "Waiting for the server" and connection.problem()

    start()
    stage.finish(dream)
    assert node.image.name == "Bricks dream", stage.part("notices").current()

    assert bpy.ops.reverie.test_connection() == {"FINISHED"}
    began = time.monotonic()
    assert bpy.ops.reverie.stop_server() == {"FINISHED"}
    assert time.monotonic() - began < 4 and not server.is_running() and server.death() is None
    try:
        bpy.ops.reverie.test_connection()
        raise AssertionError("a server that was stopped was reached")
    except RuntimeError as error:
        assert "answers" in str(error), error


stage.run(play)
