"""One connection to one server, kept: it connects, greets, notices silence and comes back by itself."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import zmq
from zmq.utils.monitor import recv_monitor_message

from ..wire.address import Address
from ..wire.blobs import Buffer
from ..wire.codec import VERSION, decode, encode
from ..wire.errors import WireError
from ..wire.keys import KeyPair, proof
from ..wire.messages import FEATURES
from ..wire.pieces import FEATURE as PIECES
from ..wire.pieces import Joining, Pieces
from ..wire.sockets import client_socket
from . import reasons

PING_EVERY = 2.0
SILENCE_LIMIT = 8.0
GREETING_LIMIT = 5.0
# A server that ends in the middle of a handshake hangs up once; one whose key is another does so every time.
_REJECTIONS = 3
# Errors after which no request will fare better.
_FINAL = frozenset({"PROTO_VERSION", "NOT_PAIRED", "REVOKED"})

Message = tuple[dict[str, Any], Buffer]


class ConnectionState(Enum):
    """DISCONNECTED: not asked to connect. ERROR: gave up, since trying again can't help."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server said of itself in WELCOME. ``boot`` is new at each of its starts. features: what both sides can."""

    name: str
    boot: bytes
    features: frozenset[str] = frozenset()
    limits: dict[str, Any] = field(default_factory=dict)
    devices: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a server last answered to PING: after how many seconds, how many dreams wait and run, and how many bytes of
    its spool are free.
    """

    round_trip: float
    queued: int
    running: int
    free: int


class Connection:
    """A DEALER socket and what is known of its other end.

    ``greetings`` counts the WELCOMEs: when it has grown, the server knows nothing of us any more and
    whatever was under way must be taken up again.
    """

    def __init__(self, address: Address, name: str, context: zmq.Context, own: KeyPair | None = None) -> None:
        """``own``: our key pair, needed where ``address`` has a key."""
        self.address = address
        self.state = ConnectionState.DISCONNECTED
        self.problem: WireError | None = None
        self.server: ServerInfo | None = None
        self.pulse: Pulse | None = None
        self.greetings = 0
        self._name = name
        self._own = own
        self._context = context
        self._socket: zmq.Socket | None = None
        self._monitor: zmq.Socket | None = None
        # Chunks wait apart: what is asked or cancelled meanwhile overtakes them.
        self._outbox: deque[bytes] = deque()
        self._pieces, self._joining = Pieces(), Joining()
        self._heard = self._asked = self._pinged = self._looked = 0.0
        # Whether somebody took the TCP connection, dream server or not, and how often they hung up on our greeting.
        self._taken = False
        self._rejections = 0
        self._code = ""
        self._pings: dict[bytes, float] = {}

    def open(self) -> None:
        """Begin to connect; goes on in the background until `close`."""
        self.close()
        if not self.address.is_loopback and not (self.address.key and self._own):
            self._stop(reasons.needs_key(self.address))
            return
        self._socket = client_socket(self._context, self.address.key, self._own)
        self._monitor = self._socket.get_monitor_socket()
        self._socket.connect(self.address.endpoint)
        self.state = ConnectionState.CONNECTING
        self._asked, self._taken = time.monotonic(), False

    def pair(self, code: str) -> None:
        """Connect anew, and show the server that we were told the pairing ``code``; from then on it knows us."""
        self._code = "".join(filter(str.isdigit, code))
        self.open()

    def close(self) -> None:
        """Drop the connection at once; what was not sent is lost."""
        if self._socket is not None:
            self._socket.disable_monitor()
            assert self._monitor is not None
            self._monitor.close(linger=0)
            self._socket.close(linger=0)
        self._socket = self._monitor = None
        self._forget()
        self.state = ConnectionState.DISCONNECTED
        self.problem = None

    def send(self, header: dict[str, Any], chunk: Buffer | None = None) -> None:
        """Queue a message; it leaves when the socket takes it, and with a chunk when the link has room."""
        if chunk is None:
            self._outbox.append(encode(header))
        else:
            self._pieces.add(header, chunk)
        self._flush()

    def ping(self) -> None:
        """Ask for a sign of life; `pulse` is new once it has come."""
        self._pinged = time.monotonic()
        id_ = os.urandom(16)
        self._pings[id_] = time.perf_counter()
        self.send({"t": "PING", "id": id_})

    @property
    def clogged(self) -> bool:
        """Whether messages wait because the socket or the link takes no more for now."""
        return bool(self._outbox) or not self._pieces.room

    def wait(self, seconds: float) -> None:
        """Sleep until something arrives or the time is over."""
        poller = zmq.Poller()
        for socket in filter(None, (self._socket, self._monitor)):
            poller.register(socket, zmq.POLLIN)
        poller.poll(int(seconds * 1000))

    def receive(self) -> Iterator[Message]:
        """Every message that is here and is not the connection's own business, until none is left."""
        self._watch()
        self._tell_got()
        while self._socket is not None:
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                break
            self._heard = time.monotonic()
            try:
                header = decode(frames[0].buffer)
            except WireError:
                continue  # A message this version can't read: what matters is asked for again.
            chunk: Buffer | None = b""
            if len(frames) > 1:
                chunk = self._joining.take(header, frames[1].buffer)
                self._tell_got(at_least=4)
            if chunk is not None and not self._own_business(header):
                yield header, chunk
        self._tell_got()
        self._keep_alive()
        self._flush()

    def _tell_got(self, at_least: int = 1) -> None:
        if self._pieces.understood and (count := self._joining.news(at_least)):
            self.send({"t": "GOT", "n": count})

    def _own_business(self, header: dict[str, Any]) -> bool:
        kind = header["t"]
        if kind == "WELCOME":
            features = FEATURES & set(header["features"])
            self.server = ServerInfo(header["server"], header["boot"], features, header["limits"], header["devices"])
            self.state, self.problem = ConnectionState.CONNECTED, None
            self.greetings += 1
            self._forget()
            if PIECES in features:
                self._pieces.cut()
        elif kind == "PING":
            self.send({"t": "PONG"})
        elif kind == "PAIRED":
            self._code = ""
            self._greet()
        elif kind == "ERR" and header["code"] in _FINAL:
            self._stop(WireError.from_details(header))
        elif kind == "PONG":
            self._felt(header)
        elif kind == "GOT":
            self._pieces.passed(header["n"])
            self._flush()
        else:
            return False
        return True

    def _felt(self, pong: dict[str, Any]) -> None:
        if self._pings and pong.get("re") in self._pings:
            facts = (pong.get(name) or 0 for name in ("queued", "running", "free"))
            self.pulse = Pulse(time.perf_counter() - self._pings[pong["re"]], *facts)
            self._pings.clear()

    def _watch(self) -> None:
        """Learn from the socket's monitor what became of the TCP connection."""
        while self._monitor is not None and self._monitor.poll(0):
            found = recv_monitor_message(self._monitor, zmq.NOBLOCK)
            event = found["event"]
            if event == zmq.EVENT_CONNECTED:
                self._taken = True
            elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._greet()
            elif event == zmq.EVENT_DISCONNECTED:
                self._lost()
            elif event in (zmq.EVENT_CLOSED, zmq.EVENT_CONNECT_RETRIED) and self.state is ConnectionState.CONNECTING:
                self.problem = self.problem or reasons.unreachable(self.address)
            elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self._stop(reasons.not_paired(self.address))
            elif event in (zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL):
                self._rejected(detail=found["value"])

    def _rejected(self, detail: int) -> None:
        """They hung up in the middle of the handshake: no dream server, one with keys, or one with another key."""
        self._rejections += 1
        if self.address.key and self._rejections >= _REJECTIONS:
            self._stop(reasons.another_key(self.address))
        elif not self.address.key and detail == zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
            self._stop(reasons.needs_key(self.address))
        else:
            self.problem = reasons.not_reverie(self.address)

    def _stop(self, problem: WireError) -> None:
        """Give up: trying again can't help."""
        self.close()
        self._code, self._rejections = "", 0
        self.state, self.problem = ConnectionState.ERROR, problem

    def _greet(self) -> None:
        self._rejections = 0
        self._pings.clear()
        self._forget()
        self._asked = self._heard = self._looked = time.monotonic()
        if self._code and self._own:
            evidence = proof(self._code, self.address.key, self._own.public)
            self.send({"t": "PAIR", "id": os.urandom(16), "name": platform.node()[:64], "proof": evidence})
        else:
            hello = {"min": VERSION, "max": VERSION, "client": self._name, "features": sorted(FEATURES)}
            self.send({"t": "HELLO", "id": os.urandom(16), **hello})

    def _forget(self) -> None:
        self._outbox.clear()
        self._pieces, self._joining = Pieces(), Joining()

    def _lost(self) -> None:
        self._forget()
        self._asked, self._taken = time.monotonic(), False
        if self.state is ConnectionState.CONNECTED:
            self.state = ConnectionState.CONNECTING
            self.problem = reasons.broken(self.address)

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._looked > PING_EVERY:
            # Blender was busy: what was not listened for is not missed.
            self._heard += now - self._looked
        self._looked = now
        if self.state is ConnectionState.CONNECTED:
            if now - self._heard > SILENCE_LIMIT:
                self.open()
                self.problem = reasons.unreachable(self.address)
            elif now - max(self._heard, self._pinged) > PING_EVERY:
                self.ping()
        elif self.state is ConnectionState.CONNECTING and now - self._asked > GREETING_LIMIT:
            problem = reasons.not_reverie(self.address) if self._taken else reasons.unreachable(self.address)
            self.open()
            self.problem = problem

    def _flush(self) -> None:
        if self._socket is None:
            return
        with contextlib.suppress(zmq.Again):
            while self._outbox:
                self._socket.send(self._outbox[0], zmq.NOBLOCK)
                self._outbox.popleft()
            while message := self._pieces.next():
                header, chunk = message
                self._socket.send_multipart([encode(header), chunk], zmq.NOBLOCK, copy=False)
                self._pieces.sent(len(chunk))
