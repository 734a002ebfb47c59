"""Dreaming frames on a server: an executor whose line never idles.

While a frame is dreamed, the next one is sent and waits its turn behind it on the server, which goes on with it the
moment the first is done, though that one's result has still to come back.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..frames.frame import FrameDone, FrameEvent, FrameFailed, FrameProgress, FrameRequest
from ..wire.errors import WireError
from .client import Client
from .connection import ConnectionState
from .frame import RemoteFrame, job_of
from .job import DreamState

# What is wrong with these is wrong with every frame.
_FATAL = frozenset(
    {"UNKNOWN_NETWORK", "UNKNOWN_LAYER", "OUT_OF_MEMORY", "NO_SPACE", "NOT_PAIRED", "REVOKED", "PROTO_VERSION"}
)
# How long `close` waits for its last words to leave, in seconds.
_LAST_WORDS = 0.1


@dataclass(slots=True)
class _Ahead:
    """A frame that is expected; ``frame`` once it is on its way."""

    request: FrameRequest
    frame: RemoteFrame | None = None


class WireExecutor:
    """Dreams frames on the server that ``client`` talks to. Its memories are words for what the server keeps.

    A lost connection, a server that is killed and one that starts anew hold things up and change nothing.
    """

    def __init__(self, client: Client, *, patience: float | None = None, doze: float = 0.0) -> None:
        """``patience``: seconds without a server after which frames fail; None waits for ever.

        doze: how long `poll` may sleep when nothing happens, in seconds: for owners with nothing else to do.
        """
        self._client = client
        self._patience = patience
        self._doze = doze
        self._reached = time.monotonic()
        self._frames: dict[int, RemoteFrame] = {}
        self._shares: dict[int, float] = {}
        self._refused: list[FrameFailed] = []
        self._forgot = False
        # By the key of the frame before.
        self._ahead: dict[int, _Ahead] = {}

    @property
    def lanes(self) -> int:
        """One more than the server has devices, so that none of them ever waits for the line."""
        server = self._client.server
        return 1 + max(len(server.devices) if server else 0, 1)

    @property
    def home(self) -> str:
        """The server's memories are of use there alone."""
        return f"server {self._client.address}"

    @property
    def problem(self) -> WireError | None:
        """Why nothing moves, where that is known: no server, or one whose disk is full, say."""
        if self._client.state is not ConnectionState.CONNECTED:
            return self._client.problem
        return next((frame.error for frame in self._frames.values() if frame.error and not frame.finished), None)

    def begin(self, key: int, request: FrameRequest) -> None:
        """Start a frame, or take it over where it was expected."""
        after = None
        if request.memory is not None:
            after = job_of(request.memory)
            if after is None:
                self._refused.append(FrameFailed(key, "The memory of the frame before is not there", memory_lost=True))
                return
        self._frames[key] = self._taken_over(request, after) or self._send(request, after)

    def expect(self, after: int, request: FrameRequest) -> None:
        """Have a frame ready behind the frame ``after``."""
        self._drop_ahead(after)
        self._ahead[after] = _Ahead(request)

    def forget(self, memory: bytes) -> None:
        """Let the server forget the frame that brought this memory."""
        job = job_of(memory)
        if job is None:
            return
        for key, ahead in list(self._ahead.items()):
            if ahead.frame and ahead.frame.after == job:
                self._drop_ahead(key)
        self._client.release(job)
        self._forgot = True

    def poll(self) -> Iterator[FrameEvent]:
        """Move bytes, and tell what has happened."""
        busy = self._client.pump()
        events = self._events()
        if not events and not busy and self._doze:
            self._client.wait(self._doze)
            self._client.pump()
            events = self._events()
        return iter(events)

    def cancel(self, key: int) -> None:
        """Give a frame up, and what was expected after it."""
        self._drop_ahead(key)
        self._shares.pop(key, None)
        frame = self._frames.pop(key, None)
        if frame:
            self._client.cancel(frame)

    def close(self) -> None:
        """Give everything up. The client stays, for whoever made it to close."""
        telling = bool(self._frames or self._ahead or self._forgot)
        for key in [*self._frames, *self._ahead]:
            self.cancel(key)
        self._client.pump()
        if telling and self._client.state is ConnectionState.CONNECTED:
            # The socket sends in the background; closing it at once would drop the messages.
            self._client.wait(_LAST_WORDS)

    def _send(self, request: FrameRequest, after: bytes | None) -> RemoteFrame:
        frame = RemoteFrame(request, after)
        self._client.add(frame)
        return frame

    def _taken_over(self, request: FrameRequest, after: bytes | None) -> RemoteFrame | None:
        """The frame that was expected, if it is the very same; one that turned out otherwise is given up."""
        plain = dataclasses.replace(request, memory=None)
        for key, ahead in list(self._ahead.items()):
            if ahead.frame and ahead.request == plain:
                if ahead.frame.after == after:
                    del self._ahead[key]
                    return ahead.frame
                self._drop_ahead(key)
        return None

    def _drop_ahead(self, key: int) -> None:
        ahead = self._ahead.pop(key, None)
        if ahead and ahead.frame:
            self._client.cancel(ahead.frame)
            if ahead.frame.state is DreamState.DONE:
                self._client.release(ahead.frame.job)

    def _events(self) -> list[FrameEvent]:
        events: list[FrameEvent] = [*self._refused]
        self._refused.clear()
        for key, frame in list(self._frames.items()):
            if frame.finished:
                events.append(self._ended(key, frame))
            elif frame.state is DreamState.RUNNING and frame.fraction != self._shares.get(key):
                self._shares[key] = frame.fraction
                events.append(FrameProgress(key, frame.fraction))
        self._send_ahead()
        return events + self._given_up()

    def _ended(self, key: int, frame: RemoteFrame) -> FrameEvent:
        del self._frames[key]
        self._shares.pop(key, None)
        ahead = self._ahead.get(key)
        if frame.result:
            if ahead and not (ahead.frame and ahead.frame.after == frame.job):
                self._drop_ahead(key)
            warnings = (*frame.warnings, *frame.result.warnings)
            return FrameDone(key, dataclasses.replace(frame.result, warnings=warnings))
        self._drop_ahead(key)
        assert frame.error
        return _failure(key, frame.error)

    def _send_ahead(self) -> None:
        """Send what is expected once all of the frame before has left."""
        for key, ahead in self._ahead.items():
            before = self._frames.get(key)
            if ahead.frame is None and before and before.state in _SENT:
                ahead.frame = self._send(ahead.request, before.job)

    def _given_up(self) -> list[FrameEvent]:
        """The end of every frame, once there has been no server for too long."""
        if self._client.state is ConnectionState.CONNECTED:
            self._reached = time.monotonic()
            return []
        late = self._patience is not None and time.monotonic() - self._reached > self._patience
        problem = self._client.problem
        if problem is None or not (late or self._client.state is ConnectionState.ERROR):
            return []
        keys = list(self._frames)
        for key in keys:
            self.cancel(key)
        return [_failure(key, problem, fatal=True) for key in keys]


_SENT = frozenset({DreamState.QUEUED, DreamState.RUNNING, DreamState.RECEIVING})


def _failure(key: int, error: WireError, *, fatal: bool = False) -> FrameFailed:
    lost = error.code == "UNKNOWN_JOB" and error.field == "after"
    problem, fatal = error.msg.rstrip("."), fatal or error.code in _FATAL
    return FrameFailed(key, problem, error.hint, fatal=fatal, memory_lost=lost)
