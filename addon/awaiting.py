"""What was asked of a server and is not put away yet: written down before the first byte of it is sent.

It stands in the folder that Blender keeps for the extension, where a crash can't reach it, and on the image or scene it
is for, where it travels with the file and survives renaming. It is struck out once the result is in a saved file; until
then the server keeps it as well. `returning` finds again what was left.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.types import ID, Image

from ..shared.settings import DreamSettings
from . import connection, images, notices, places, preferences

if TYPE_CHECKING:
    from ..shared.client.journal import Entry, Journal
    from .dream import Dream
    from .renders.region import Region

# How many results that are in no saved file yet the server keeps, the newest ones. A script saves what it wants saved.
KEPT = 0 if bpy.app.background else 8

_ABOUT = {"image", "blend", "form", "replaces", "node", "inputs", "rendered", "region"}

_journal: Journal | None = None
# The jobs whose results have arrived, with the ``session_uid`` of their images.
_arrived: dict[bytes, int] = {}


class Note:
    """Writes one dream down; called with its id, and again should that have to be another one."""

    def __init__(
        self,
        image: Image,
        replaces: Image,
        node: places.NodePlace | None,
        inputs: Mapping[str, Image],
        settings: DreamSettings,
        region: Region | None,
    ) -> None:
        from ..shared.client.journal import Entry

        about = {
            "image": image.name,
            "blend": bpy.data.filepath,
            "form": dataclasses.astuple(images.Form.of(image)),
            "replaces": replaces.name,
            "node": node.names if node else None,
            "inputs": {name: each.name for name, each in inputs.items()},
            "rendered": image.reverie.rendered,
            "region": region.record() if region else None,
        }
        asked = datetime.now(UTC).isoformat(timespec="seconds")
        self.entry = Entry(b"", str(connection.address()), "still", settings.record(), about, asked)

    def __call__(self, job: bytes) -> None:
        """Write it down under the id ``job``."""
        before, self.entry = self.entry.job, dataclasses.replace(self.entry, job=job)
        try:
            journal().note(self.entry)
        except OSError as error:
            notices.say(
                "WARNING",
                f"“{self.entry.about['image']}” can't be written down as under way: {error.strerror}.",
                "It is dreamt, but not found again should Blender end before.",
            )
        if before:
            journal().strike(before)


def journal() -> Journal:
    """What this Blender has written down, in the extension's own folder."""
    global _journal
    if _journal is None:
        from ..shared.client.journal import Journal

        folder = bpy.utils.extension_path_user(preferences.PACKAGE, path="awaited", create=True)
        _journal = Journal(Path(folder))
    return _journal


def mark(home: ID, entry: Entry) -> None:
    """Note on the image or scene a dream is for that it is under way; not on what is linked from another file."""
    if home.library is None:
        group = _group(home)
        group.awaited = "\n".join([*group.awaited.splitlines(), entry.written()])


def marked(job: bytes) -> ID | None:
    """The image or scene that says the dream ``job`` is for it."""
    return next((home for home in _marked() if job.hex() in _group(home).awaited), None)


def in_file() -> list[Entry]:
    """The dreams that this file says are under way."""
    found = []
    for home in _marked():
        from ..shared.client.journal import Entry

        for line in _group(home).awaited.splitlines():
            try:
                entry = Entry.read(line)
            except ValueError:
                continue  # Somebody has written into it.
            if set(entry.about) == _ABOUT and len(entry.about["form"]) == len(dataclasses.fields(images.Form)):
                found.append(entry)
    return found


def arrived(dream: Dream, image: Image) -> None:
    """The result is here, as ``image``: the server keeps it until the file is saved, if somebody may save it."""
    _arrived[dream.remote.job] = image.session_uid
    while len(_arrived) > KEPT:
        settle(next(iter(_arrived)))


def saved() -> None:
    """The file is saved, and with it what has arrived."""
    for job in list(_arrived):
        settle(job)


def settle(job: bytes) -> None:
    """Strike a dream out: its result is put away, or nobody wants it any more. The server may forget it."""
    _arrived.pop(job, None)
    client = connection.current()
    if client:
        client.release(job)
    strike(job)


def strike(job: bytes) -> None:
    """Strike out a dream that the server has let go of already."""
    journal().strike(job)
    for home in list(_marked()):
        group = _group(home)
        group.awaited = "\n".join(line for line in group.awaited.splitlines() if job.hex() not in line)


def is_here(job: bytes) -> bool:
    """Whether this file has the result already."""
    return any(image.reverie.job == job.hex() for image in images.results())


def keep_marks(jobs: set[bytes]) -> None:
    """Before the file is saved: have it speak of these dreams alone. Undo may have brought back others."""
    for home in list(_marked()):
        group = _group(home)
        lines = group.awaited.splitlines()
        group.awaited = "\n".join(line for line in lines if any(job.hex() in line for job in jobs))


def leave() -> None:
    """The add-on goes, or Blender: what is under way stays written down, what has arrived was the artist's to save."""
    global _journal
    saved()
    if _journal:
        _journal.close()
        _journal = None


def _marked() -> Iterator[ID]:
    for home in (*bpy.data.images, *bpy.data.scenes):
        if home.library is None and _group(home).awaited:
            yield home


def _group(home: ID) -> Any:
    return home.reverie if isinstance(home, Image) else home.reverie_render  # type: ignore[attr-defined]
