"""Dreams of an earlier life: those that a crash, a quit or another file left on the server.

With a connection the server is asked how they stand. What it has finished waits there until the artist has it put where
it belongs; what is still being dreamt goes on where its image is in this file; what it does not have is told once.
No server is started for them, and none is reached that the preferences don't name or Blender's network rule forbids.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.types import ID, Image, Scene

from ..shared.declaration import SettingError
from ..shared.settings import DreamSettings
from . import awaiting, connection, dreams, notices, places
from .dream import Dream
from .renders import after_render
from .renders.region import Region

if TYPE_CHECKING:
    from ..shared.client import Client, RemoteDream
    from ..shared.client.journal import Entry

_UNDER_WAY = ("QUEUED", "RUNNING")


class Returned:
    """One of them. remote: asked how it stands, and nothing more until it is wanted."""

    def __init__(self, entry: Entry, remote: RemoteDream) -> None:
        self.entry = entry
        self.remote = remote

    @property
    def name(self) -> str:
        """What it was dreamt from, and in which file where that is another one: ``Bricks, in wall.blend``."""
        return self.entry.about["image"] + (f", in {self.other_file}" if self.other_file else "")

    @property
    def other_file(self) -> str:
        """The name of the file it is of, where that is not open; empty also for one that was never saved."""
        return "" if self.home or self.is_of_this_file else Path(self.entry.about["blend"]).name

    @property
    def is_of_this_file(self) -> bool:
        """Whether it was begun in the file that is open."""
        return bool(bpy.data.filepath) and self.entry.about["blend"] == bpy.data.filepath

    @property
    def home(self) -> ID | None:
        """The image it was dreamt from, or the scene that was rendered, where that is in this file."""
        found = awaiting.marked(self.entry.job)
        if found is None and self.is_of_this_file:
            rendered, image = self.entry.about["rendered"], self.entry.about["image"]
            found = bpy.data.scenes.get(rendered) if rendered else bpy.data.images.get(image)
        return found


_left: list[Entry] = []
_found: list[Returned] = []
_asked: Client | None = None


def look() -> None:
    """Take over what other Blenders have left that are gone, and what this file speaks of."""
    try:
        add(awaiting.journal().take_over())
    except OSError as error:
        notices.say("WARNING", f"What was left under way can't be read: {error}.")
    after_load()


def after_load() -> None:
    """Another file is open: it may speak of dreams, and hold what was not known to have arrived."""
    add(entry for entry in awaiting.in_file() if not awaiting.journal().holds(entry.job))
    for returned in list(_found):
        _drop_if_here(returned)


def add(entries: Any) -> None:
    """See to these as well, but for those that are seen to already."""
    known = {each.job for each in _left} | {each.entry.job for each in _found}
    known |= {dream.remote.job for dream in dreams.running}
    _left.extend(entry for entry in entries if entry.job not in known)


def leave_behind(dream: Dream) -> None:
    """The file that ``dream`` was begun in is open no more: it returns with it."""
    dream.remote.held = True
    _found.append(Returned(dream.entry, dream.remote))


def known() -> list[Returned]:
    """All that were asked after."""
    return list(_found)


def finished() -> list[Returned]:
    """Those whose results wait on the server."""
    return [each for each in _found if each.remote.state.name == "READY"]


def under_way() -> list[Returned]:
    """Those that are still being dreamt, of files that are not open."""
    return [each for each in _found if each.remote.state.name in _UNDER_WAY]


def elsewhere() -> dict[str, int]:
    """How many have not been asked after, by their server."""
    servers = [entry.server for entry in _left]
    return {server: servers.count(server) for server in servers}


def tend() -> bool:
    """Ask after them, and take up again what goes on. True where something has changed."""
    global _asked
    client = connection.current()
    if client is not _asked:
        _left.extend(each.entry for each in _found)
        _found.clear()
        _asked = client
    if client is None or not connection.is_connected() or not (_left or _found):
        return False
    return _ask(client) or any(_moved(each) for each in list(_found))


def apply() -> None:
    """Fetch what is finished and put it where it belongs: in the place of its image, else beside all others."""
    for returned in finished():
        _take_up(returned)


def discard() -> None:
    """Have the server forget what is finished."""
    for returned in finished():
        cancel(returned)


def cancel(returned: Returned) -> None:
    """Give one up."""
    _found.remove(returned)
    client = connection.current()
    if client:
        client.cancel(returned.remote)
    awaiting.strike(returned.entry.job)


def forget() -> None:
    """Another server is used from now on, or none: they stay written down."""
    _left.clear()
    _found.clear()


def _ask(client: Client) -> bool:
    from ..shared.client import RemoteDream

    here = [entry for entry in _left if entry.server == str(client.address)]
    for entry in here:
        _left.remove(entry)
        try:
            remote = RemoteDream.resumed(entry.job, DreamSettings.from_mapping(entry.settings))
        except SettingError:  # Of another version of Reverie.
            awaiting.settle(entry.job)
            continue
        remote.held = True
        returned = Returned(entry, remote)
        _found.append(returned)
        if not _drop_if_here(returned):
            client.add(remote)
    return bool(here)


def _drop_if_here(returned: Returned) -> bool:
    """Let go of a dream whose result was saved in this file before Blender ended."""
    if not awaiting.is_here(returned.entry.job):
        return False
    _found.remove(returned)
    client = connection.current()
    if client:
        client.cancel(returned.remote)
    awaiting.settle(returned.entry.job)
    return True


def _moved(returned: Returned) -> bool:
    remote = returned.remote
    if remote.finished and not remote.error:
        _take_up(returned)  # It was on its way already.
        return True
    if remote.finished:
        _found.remove(returned)
        _tell_of_loss(returned)
        awaiting.settle(returned.entry.job)
        return True
    if remote.state.name in _UNDER_WAY and returned.home:
        _take_up(returned)
        return True
    return False


def _tell_of_loss(returned: Returned) -> None:
    error = returned.remote.error
    fetched = error and error.code == "RELEASED" and not awaiting.journal().holds(returned.entry.job)
    if error and not fetched:
        notices.say("INFO", f"“{returned.name}”: {error.msg}", error.hint)


def _take_up(returned: Returned) -> None:
    """Go on with a dream as if nothing had happened, in this file if it is of this file."""
    _found.remove(returned)
    entry, remote, home = returned.entry, returned.remote, returned.home
    about = entry.about
    image = home if isinstance(home, Image) else None
    replaces = (bpy.data.images.get(about["replaces"]) or image) if image else None
    node = places.found_again(about["node"], replaces) if replaces and about["node"] else None
    dream = Dream(image, replaces, node, dict(_inputs(about)) if home else {}, remote, entry)
    dream.region = Region.of_record(about["region"]) if about["region"] else None
    dream.file = dream.file if home or returned.is_of_this_file else None
    remote.held = False
    dreams.running.append(dream)
    if isinstance(home, Scene):
        after_render.take_up(home, dream)


def _inputs(about: dict[str, Any]) -> Iterator[tuple[str, Image]]:
    for name, image in about["inputs"].items():
        found = bpy.data.images.get(image)
        if found:
            yield name, found
