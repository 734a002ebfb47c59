"""The newest thing the artist should know that no operator is there to report."""

from __future__ import annotations

from dataclasses import dataclass

import bpy


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence on what happened and one on what to do. ``level`` is "INFO", "WARNING" or "ERROR"."""

    level: str
    message: str
    hint: str = ""


_current: Notice | None = None


def say(level: str, message: str, hint: str = "") -> None:
    """Show a notice in the panels, in place of the one before; without windows, print it."""
    global _current
    _current = Notice(level, message, hint)
    if bpy.app.background:
        print(f"Reverie: {message} {hint}".rstrip(), flush=True)


def current() -> Notice | None:
    """The notice to show, if there is one."""
    return _current


def clear() -> None:
    """Take the notice away."""
    global _current
    _current = None
