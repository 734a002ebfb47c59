"""The sockets of both sides, with PROTOCOL's options."""

from __future__ import annotations

import zmq

from .blobs import CHUNK
from .keys import KeyPair

MAX_MESSAGE = CHUNK + 64 * 1024
CREDIT = 16


def client_socket(context: zmq.Context, server: bytes = b"", own: KeyPair | None = None) -> zmq.Socket:
    """A DEALER, not yet connected; with the ``server``'s public key and our ``own`` pair it speaks to that one alone.

    IMMEDIATE: nothing is queued for a peer that is not there. LINGER 0: closing never waits.
    """
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.RECONNECT_IVL, 100)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 5000)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 2000)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 6000)
    if server and own:
        socket.setsockopt(zmq.CURVE_SERVERKEY, server)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, own.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, own.secret)
    _common(socket)
    return socket


def server_socket(context: zmq.Context) -> zmq.Socket:
    """A ROUTER, not yet bound. MANDATORY: a message that can't be delivered is an error, not lost in silence."""
    socket = context.socket(zmq.ROUTER)
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    socket.setsockopt(zmq.HANDSHAKE_IVL, 2000)
    _common(socket)
    return socket


def _common(socket: zmq.Socket) -> None:
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SNDHWM, 64)
    socket.setsockopt(zmq.RCVHWM, 64)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE)
