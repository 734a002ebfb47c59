"""The guard: who may speak to a server that has keys.

Strangers are turned away in the handshake (RFC 27, ZAP: a REP socket that ZeroMQ asks), before a byte of theirs is
read; and every message is checked again, so that whoever is revoked is silenced at once, connected or not.
"""

from __future__ import annotations

import logging
from pathlib import Path

import zmq

from ...shared.wire import keys
from ...shared.wire.errors import WireError
from .keyring import Keyring, Pairing

_ZAP = "inproc://zeromq.zap.01"
DOMAIN = b"reverie"
# What a client may say before it is known: who it is, and that it knows the code.
_BEFORE = frozenset({"HELLO", "PAIR", "PING", "PONG", "ERR"})

log = logging.getLogger(__name__)


class Guard:
    """Lets in whom the keyring in ``folder`` knows, and while a pairing is open anybody who has the server's key.

    socket: asked by ZeroMQ about every handshake; whoever owns the guard polls it and calls `answer`.
    """

    def __init__(self, context: zmq.Context, folder: Path) -> None:
        """Must exist before the guarded socket is bound. Raises `OSError` and `KeyTextError`."""
        self.keyring = Keyring(folder)
        self.pairing = Pairing(self.keyring)
        self._keeper = keys.written(keys.own(folder / "client.key").public)
        if self.keyring.client(self._keeper) is None:
            self.keyring.admit(self._keeper, "this computer")
        self.socket = context.socket(zmq.REP)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.bind(_ZAP)

    def protect(self, socket: zmq.Socket) -> None:
        """Have ``socket``, a server's and not yet bound, speak to nobody but those let in.

        ENFORCE_DOMAIN: without it ZeroMQ lets everybody in when nobody answers at the guard's socket.
        """
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.keyring.server.secret)
        socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)

    def answer(self) -> None:
        """Answer the handshakes that wait. Whatever goes wrong in here turns the stranger away, and no more."""
        while self.socket.poll(0):
            version, request, *rest = self.socket.recv_multipart()
            try:
                key = self._key(rest)
            except Exception:
                log.exception("A handshake could not be judged")
                key = None
            status = b"200" if key else b"400"
            self.socket.send_multipart([version, request, status, b"", (key or "").encode(), b""])

    def check(self, user: str, kind: str) -> None:
        """Raise `WireError` where the client with the public key ``user`` may not send a message of type ``kind``."""
        client = self.keyring.client(user)
        if client is not None and not client.revoked:
            return
        if client is not None and not self.pairing.is_open:
            raise WireError("REVOKED", "This server has shut this computer out.", "Ask whoever runs it to pair anew.")
        if kind not in _BEFORE or kind == "HELLO":
            raise WireError(
                "NOT_PAIRED",
                "This server does not know this computer yet.",
                "Type the code that reverie pair shows there.",
            )

    def is_keeper(self, user: str) -> bool:
        """Whether ``user`` is who keeps this server: the person whose own client key lies beside the server's."""
        return user == self._keeper

    def pair(self, user: str, name: str, proof: bytes) -> None:
        """PAIR: raises `WireError` NOT_PAIRED where the proof is wrong."""
        client = self.pairing.attempt(user, name, proof)
        log.info("Paired with %s, %s", client.name, keys.fingerprint(keys.read(user)))

    def close(self) -> None:
        """Let nobody in any more."""
        self.socket.close(linger=0)

    def _key(self, rest: list[bytes]) -> str | None:
        """The public key of whoever asks, written, if they may come in."""
        domain, _address, _identity, mechanism, *credentials = rest
        if domain != DOMAIN or mechanism != b"CURVE" or len(credentials) != 1:
            return None
        key = keys.written(credentials[0])
        client = self.keyring.client(key)
        known = client is not None and not client.revoked
        return key if known or self.pairing.is_open else None
