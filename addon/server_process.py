"""The dream server that Blender started on this computer.

No thread reads its output: it goes into a file, of which the last line is shown.
"""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import bpy

from . import connection, preferences
from .problems import Problem

# How long the server may take to end by itself, in seconds. It promises 2.
PATIENCE = 2.5

_process: subprocess.Popen[bytes] | None = None
_death: Problem | None = None


def start() -> None:
    """Start the command set in the preferences. Raises `Problem`."""
    global _process, _death
    if is_running():
        raise Problem("The server is running already.")
    arguments = _arguments(preferences.get().command)
    flags = subprocess.CREATE_NEW_PROCESS_GROUP if sys.platform == "win32" else 0
    try:
        with log_path().open("wb") as log:
            _process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
                # In a session of its own: Ctrl-C in Blender's terminal is Blender's, which then ends the server.
                start_new_session=True,
                creationflags=flags,
            )
    except OSError as error:
        raise Problem(
            f"“{arguments[0]}” could not be started: {error.strerror or error}.",
            "Check the command in Reverie's preferences.",
        ) from None
    _death = None
    atexit.register(stop)


def stop() -> None:
    """End the server and wait for it, `PATIENCE` seconds at most; then it is killed."""
    global _process
    atexit.unregister(stop)
    if _process is None:
        return
    process, _process = _process, None
    if process.poll() is None:
        process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def watch() -> None:
    """Notice that the server ended without being asked to; `death` then says so."""
    global _process, _death
    if _process is not None and _process.poll() is not None:
        _death = Problem(_obituary(_process.returncode), last_line() or "It left nothing in its log.")
        _process = None


def is_running() -> bool:
    """Whether the server that was started here still runs."""
    return _process is not None and _process.poll() is None


def process_id() -> int | None:
    """The process that was started here, while it runs."""
    return _process.pid if _process else None


def death() -> Problem | None:
    """What there is to say of a server that ended by itself, until the next start."""
    return _death


def last_line() -> str:
    """The last line of the server's log, empty where there is none."""
    try:
        with log_path().open("rb") as log:
            log.seek(max(log.seek(0, os.SEEK_END) - 4096, 0))
            lines = log.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def log_path() -> Path:
    """The file that holds what the server says."""
    folder = bpy.utils.extension_path_user(preferences.PACKAGE, path="server", create=True)
    return Path(folder, "server.log")


def _arguments(command: str) -> list[str]:
    """The command as a list, its program found on PATH, told to listen where Blender will look for it."""
    try:
        # On Windows backslashes belong to paths, and quotes stay on what they enclose.
        windows = sys.platform == "win32"
        arguments = [
            argument.strip('"') if windows else argument for argument in shlex.split(command, posix=not windows)
        ]
    except ValueError:
        raise Problem("The server's command has an unmatched quote.", "Mend it in Reverie's preferences.") from None
    if not arguments:
        raise Problem("There is no command to start a server with.", "Write one in Reverie's preferences.")
    program = shutil.which(arguments[0])
    if program is None:
        raise Problem(
            f"The command “{arguments[0]}” was not found.",
            "Install the dream server, or write the full path of its command in Reverie's preferences.",
        )
    address = connection.address()
    if not address.is_loopback:
        raise Problem(
            f"The address {address} is another computer, where Blender can't start a server.",
            "Start it there, or set the address to 127.0.0.1.",
        )
    listen = [] if any(argument.startswith("--listen") for argument in arguments) else ["--listen", address.endpoint]
    return [program, *arguments[1:], *listen]


def _obituary(code: int) -> str:
    if code < 0:
        return f"The dream server was ended by signal {-code}."
    return "The dream server has ended." if code == 0 else f"The dream server ended with error {code}."
