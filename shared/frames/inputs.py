"""What the frames of a batch are made from: read when it is needed, and known by its SHA-256."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from . import pieces
from .errors import FrameError
from .frame import FrameFile
from .pieces import Work
from .source import Source


@dataclass(frozen=True, slots=True)
class Digests:
    """The SHA-256 of a frame's inputs, by name, and the stamps that they belong to."""

    by_name: Mapping[str, str]
    by_stamp: Mapping[str, str]

    @property
    def frame(self) -> str:
        """That of the picture itself."""
        return self.by_name["frame"]


class Inputs:
    """The sources of a batch by name: "frame", and there may be "mask", "guide" and "passes"."""

    def __init__(self, sources: Mapping[str, Source], known: Mapping[str, str]) -> None:
        """``known``: the SHA-256 of files by their stamps, from earlier runs."""
        self._sources = sources
        self._known = dict(known)
        # Of the few frames at hand, by number and name: the stamp, and the bytes.
        self._held: dict[tuple[int, str], tuple[str, FrameFile]] = {}

    def awaited(self, number: int) -> bool:
        """Whether a part of the frame is still to come."""
        return any(not source.has(number) and not source.ended for source in self._sources.values())

    def digests(self, number: int) -> Work[Digests]:
        """The digests of a frame's inputs; reads only what has changed. Raises `FrameError`."""
        by_name, by_stamp = {}, {}
        for name, source in self._sources.items():
            stamp = f"{name}/{source.stamp(number)}"
            if stamp not in self._known:
                file = yield from self._file(number, name, stamp)
                self._known[stamp] = yield from pieces.sha256(file.data)
            by_name[name] = by_stamp[stamp] = self._known[stamp]
        return Digests(by_name, by_stamp)

    def files(self, number: int, digests: Digests) -> Work[dict[str, FrameFile]]:
        """A frame's inputs, which ``digests`` are those of. Raises `FrameError`."""
        files = {}
        for name, source in self._sources.items():
            stamp = f"{name}/{source.stamp(number)}"
            if stamp not in digests.by_stamp:
                raise FrameError("It changes while it is read", "Wait until it is whole, and run the same again.")
            file = yield from self._file(number, name, stamp)
            files[name] = dataclasses.replace(file, digest=digests.by_stamp[stamp])
        return files

    def drop(self, number: int) -> None:
        """Keep a frame's bytes no longer."""
        for name in self._sources:
            self._held.pop((number, name), None)

    def _file(self, number: int, name: str, stamp: str) -> Work[FrameFile]:
        held = self._held.get((number, name))
        if held is None or held[0] != stamp:
            file = yield from self._sources[name].read(number)
            if f"{name}/{self._sources[name].stamp(number)}" != stamp:
                raise FrameError("It changes while it is read", "Wait until it is whole, and run the same again.")
            held = self._held[number, name] = stamp, file
        return held[1]
