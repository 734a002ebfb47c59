"""Who is connected, when each was last heard, and how to answer without ever waiting for anybody."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import zmq

from ...shared.wire.codec import encode
from .transfers import Outgoing

# A client that has this many answers waiting has stopped reading; it asks STATUS when it comes back.
BACKLOG = 1024
# A session that has been silent so long is dropped from memory; its client gets a new one by speaking again.
FORGOTTEN_AFTER = 600.0


class Session:
    """One connected client."""

    __slots__ = ("__weakref__", "backlog", "heard", "outgoing", "route", "user")

    def __init__(self, route: bytes = b"", user: str = "") -> None:
        """``route``: the routing id the socket knows it by; empty for a client that has not been heard yet. ``user``:
        its public key, where the server has keys.
        """
        self.route = route
        self.user = user
        self.heard = time.monotonic()
        self.backlog: deque[list[bytes | memoryview]] = deque()
        self.outgoing: dict[bytes, Outgoing] = {}


class Sessions:
    """Every session of one ROUTER socket."""

    def __init__(self, socket: zmq.Socket) -> None:
        self._socket = socket
        self._sessions: dict[bytes, Session] = {}

    def heard(self, route: bytes, user: str = "") -> Session:
        """The session of a client that has just spoken."""
        session = self._sessions.get(route)
        if session is None:
            session = self._sessions[route] = Session(route, user)
        session.heard = time.monotonic()
        return session

    def send(
        self,
        session: Session,
        header: Mapping[str, Any],
        chunk: bytes | memoryview | None = None,
        *,
        lossy: bool = False,
    ) -> None:
        """Send without waiting. What the socket can't take yet waits in the backlog, or is lost when ``lossy``."""
        if session.route not in self._sessions:
            return
        if session.backlog and lossy:
            return
        frames = [session.route, encode(header)] + ([] if chunk is None else [chunk])
        if session.backlog or not self._deliver(session, frames):
            if not lossy:
                session.backlog.append(frames)
            if len(session.backlog) > BACKLOG:
                self._drop(session)

    def answer(self, session: Session, request: Mapping[str, Any], kind: str, **fields: Any) -> None:
        """Send what answers ``request``: a message of type ``kind`` under the request's id, where it has one."""
        if request.get("id") is not None:
            fields["re"] = request["id"]
        self.send(session, {"t": kind, **fields})

    def flush(self) -> bool:
        """Send what has been waiting; returns whether anything still waits."""
        waiting = [session for session in self._sessions.values() if session.backlog]
        for session in waiting:
            while session.backlog and self._deliver(session, session.backlog[0]):
                if session.backlog:
                    session.backlog.popleft()
        return any(session.backlog for session in waiting)

    def count(self, seconds: float) -> int:
        """How many clients have been heard within so many seconds."""
        horizon = time.monotonic() - seconds
        return sum(session.heard >= horizon for session in self._sessions.values())

    def tidy(self) -> None:
        """Drop the sessions that have long been silent."""
        horizon = time.monotonic() - FORGOTTEN_AFTER
        for session in [session for session in self._sessions.values() if session.heard < horizon]:
            self._drop(session)

    def _deliver(self, session: Session, frames: list[bytes | memoryview]) -> bool:
        """Hand frames to the socket; False when it is full. A client that is gone takes nothing any more."""
        try:
            self._socket.send_multipart(frames, flags=zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._drop(session)
        return True

    def _drop(self, session: Session) -> None:
        session.backlog.clear()
        session.outgoing.clear()
        self._sessions.pop(session.route, None)
