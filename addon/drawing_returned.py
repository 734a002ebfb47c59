"""The dreams of an earlier life, in the panels."""

from __future__ import annotations

from collections.abc import Iterable

from bpy.types import Context, UILayout

from . import connection, drawing, returning
from .problems import Problem

# So many names are told; the others are counted.
_NAMED = 3


def draw(layout: UILayout, context: Context) -> None:
    """What finished while the artist was away, what is still being dreamt, and what can't be asked after yet."""
    finished = returning.finished()
    if finished:
        text = f"{_dreams(len(finished))} finished while you were away"
        names = _listed(f"“{returned.entry.about['image']}”" for returned in finished)
        files = sorted({returned.other_file for returned in finished if returned.other_file})
        advice = f" Open {_listed(files)} to have them in their places." if files else ""
        drawing.message(layout, context, text, f"{names}.{advice}", "CHECKMARK")
        row = layout.row(align=True)
        row.operator("reverie.apply_returned", icon="IMPORT")
        row.operator("reverie.discard_returned", icon="X")
    for returned in returning.under_way():
        row = layout.row(align=True)
        row.progress(factor=returned.remote.fraction, text=returned.name)
        row.operator("reverie.cancel_returned", text="", icon="X").job = returned.entry.job.hex()
    for server, number in returning.elsewhere().items():
        drawing.note(layout, context, f"{_dreams(number)} {'waits' if number == 1 else 'wait'} {_at(server)}")


def _at(server: str) -> str:
    try:
        ours = server == str(connection.address())
    except Problem:
        ours = False
    return "for the server" if ours else f"on the server at {server}"


def _dreams(number: int) -> str:
    return "1 dream" if number == 1 else f"{number} dreams"


def _listed(names: Iterable[str]) -> str:
    named = list(names)
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {more} more" if more > 0 else "")
