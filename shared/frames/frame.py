"""One frame of an animation to be dreamed: a value in, a value out.

A frame depends on nothing but its request, so it can be dreamed anywhere, again, and comes out the same. What holds an
animation still travels along: each result brings a ``memory``, which goes into the next frame's request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from ..settings import DreamSettings
from .settings import FrameSettings


@dataclass(frozen=True, slots=True)
class FrameFile:
    """A picture as the bytes of a file. suffix: tells the format, as ``.exr``.

    digest: the SHA-256 of the bytes, 64 hex digits, where it is known; spares whoever needs it the work.
    """

    suffix: str
    data: bytes | memoryview
    digest: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """All that one dreamed frame depends on.

    frame: the picture, with its passes if it has any. kind: the suffix of the result's format.
    passes: a multilayer EXR of the same frame, whose passes a picture without any goes by (a PNG as Blender shows it).
    memory: the memory of the frame before, as its result brought it; None begins afresh, as after a cut.
    """

    frame: FrameFile
    kind: str
    settings: DreamSettings
    frames: FrameSettings = field(default_factory=FrameSettings)
    mask: FrameFile | None = None
    guide: FrameFile | None = None
    passes: FrameFile | None = None
    memory: bytes | None = None


@dataclass(frozen=True, slots=True)
class FrameResult:
    """A dreamed frame. memory: for the next one; opaque, and of use only to the executor that made it.

    cut: whether the frame was found to begin a new shot. warnings: sentences an artist should read.
    """

    frame: FrameFile
    memory: bytes
    cut: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameProgress:
    """A frame is under way. share: how much of it is done, 0..1."""

    key: int
    share: float


@dataclass(frozen=True, slots=True)
class FrameDone:
    """A frame is done."""

    key: int
    result: FrameResult


@dataclass(frozen=True, slots=True)
class FrameFailed:
    """A frame can't be dreamed. problem, hint: a sentence each. fatal: whether no other frame will fare better.

    memory_lost: the frame itself may be well, but its request's memory is not there any more: whoever asked goes back
    to where the shot begins, without a memory.
    """

    key: int
    problem: str
    hint: str = ""
    fatal: bool = False
    memory_lost: bool = False


FrameEvent = FrameProgress | FrameDone | FrameFailed


class Executor(Protocol):
    """Whoever dreams frames: this process, or a server. Never waits: whoever owns it asks it again and again.

    lanes: how many frames it can dream at once, which must not depend on one another.
    home: where its memories are of use, in a word: with an executor of another home a batch does not go on from them.
    """

    @property
    def lanes(self) -> int: ...  # noqa: D102

    @property
    def home(self) -> str: ...  # noqa: D102

    def begin(self, key: int, request: FrameRequest) -> None:
        """Start a frame, known as ``key`` from now on."""
        ...

    def expect(self, after: int, request: FrameRequest) -> None:
        """A hint: ``request`` will begin with the memory of the frame ``after``, once that is done.

        But for that memory it is what `begin` will bring. So a server has the next frame, and goes on with it, while
        this one's result is still on its way. What is expected and never begun has no events.
        """
        ...

    def forget(self, memory: bytes) -> None:
        """Nobody will go on from this memory: all that is kept of the frame that brought it may go.

        Until then the same request begun again gives the same result, and costs a server no second dream.
        """
        ...

    def poll(self) -> Iterable[FrameEvent]:
        """What has happened since the last call. May work for a moment; a frame's last event comes once."""
        ...

    def cancel(self, key: int) -> None:
        """Give a frame up. It has no further events."""
        ...

    def close(self) -> None:
        """Give everything up."""
        ...
