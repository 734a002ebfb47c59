"""Who is connected, when each was last heard, and how to answer without ever waiting for anybody."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import zmq

from ...shared.wire.codec import encode
from ...shared.wire.pieces import Joining, Pieces
from .outgoing import Outgoing

# A client that has this many answers waiting has stopped reading; it asks STATUS when it comes back.
BACKLOG = 1024
# A session that has been silent so long is dropped from memory; its client gets a new one by speaking again.
FORGOTTEN_AFTER = 600.0
# The rest of a chunk that comes in pieces follows within seconds, however slow the link.
HALF_A_CHUNK_FOR = 10.0
# What says nothing of the ledger, and so waits for no disk.
_UNTOLD = frozenset({"PONG", "WELCOME", "GOT", "ERR"})


class Session:
    """One connected client."""

    __slots__ = ("__weakref__", "backlog", "heard", "joining", "outgoing", "pieces", "route", "unpacks", "user")

    def __init__(self, route: bytes = b"", user: str = "") -> None:
        """``route``: the routing id the socket knows it by; empty for a client that has not been heard yet. ``user``:
        its public key, where the server has keys.
        """
        self.route = route
        self.user = user
        self.heard = time.monotonic()
        self.backlog: deque[list[bytes]] = deque()
        self.outgoing: dict[bytes, Outgoing] = {}
        # Chunks to and from the client.
        self.pieces, self.joining = Pieces(), Joining()
        # Whether it understands packed ones.
        self.unpacks = False

    @property
    def client(self) -> str:
        """Who is at the other end: the holder of a key, or without keys whoever has this connection."""
        return self.user or self.route.hex()


class Sessions:
    """Every session of one ROUTER socket."""

    def __init__(
        self, socket: zmq.Socket, when_durable: Callable[[Callable[[], None]], None] = lambda act: act()
    ) -> None:
        """``when_durable``: calls what it is given once what may be told now is on the disk, see `Ledger`."""
        self._socket = socket
        self._when_durable = when_durable
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
        """Send without waiting, what tells of the ledger not before it is on the disk.

        What the socket can't take yet waits in the backlog, or is lost when ``lossy``; a chunk waits until the link
        has room, and what is said meanwhile overtakes it.
        """
        if session.route not in self._sessions or (lossy and session.backlog):
            return
        if chunk is not None:
            if not lossy or session.pieces.room:
                session.pieces.add(header, chunk)
                self._advance(session)
            return
        frames = [session.route, encode(header)]
        if lossy or header["t"] in _UNTOLD or header.get("full") is False:
            self._pass_on(session, frames, lossy=lossy)
        else:
            self._when_durable(lambda: self._pass_on(session, frames))

    def _pass_on(self, session: Session, frames: list[bytes], *, lossy: bool = False) -> None:
        if session.route not in self._sessions:
            return
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
        """Say what has come, and send what has been waiting; returns whether anything still waits for the socket."""
        for session in [session for session in self._sessions.values() if session.pieces.understood]:
            if count := session.joining.news():
                self.send(session, {"t": "GOT", "n": count})
        waiting = [session for session in self._sessions.values() if session.backlog or session.pieces]
        for session in waiting:
            while session.backlog and self._deliver(session, session.backlog[0]):
                if session.backlog:
                    session.backlog.popleft()
            self._advance(session)
        return any(session.backlog or session.pieces.next() for session in waiting)

    def receiving(self) -> list[Session]:
        """The clients that are being sent something."""
        return [session for session in self._sessions.values() if session.outgoing]

    def count(self, seconds: float) -> int:
        """How many clients have been heard within so many seconds."""
        horizon = time.monotonic() - seconds
        return sum(session.heard >= horizon for session in self._sessions.values())

    def tidy(self) -> None:
        """Drop the sessions that have long been silent, and what others began to send and never will end."""
        now = time.monotonic()
        for session in list(self._sessions.values()):
            if now - session.heard > FORGOTTEN_AFTER:
                self._drop(session)
            elif now - session.heard > HALF_A_CHUNK_FOR:
                session.joining.forget()

    def start_over(self, socket: zmq.Socket) -> None:
        """Forget every client, and go on with another socket."""
        for session in list(self._sessions.values()):
            self._drop(session)
        self._socket = socket

    def _advance(self, session: Session) -> None:
        """Send of the chunks that wait what the link has room for."""
        pieces = session.pieces
        while not session.backlog and (message := pieces.next()):
            header, chunk = message
            if not self._deliver(session, [session.route, encode(header), chunk]):
                return
            pieces.sent(len(chunk))

    def _deliver(self, session: Session, frames: Sequence[bytes | memoryview]) -> bool:
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
        session.pieces = Pieces()
        self._sessions.pop(session.route, None)
