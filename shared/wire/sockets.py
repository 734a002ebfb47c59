"""The sockets of both sides, with PROTOCOL's options."""

from __future__ import annotations

import zmq

from .blobs import CHUNK

MAX_MESSAGE = CHUNK + 64 * 1024
CREDIT = 16


def client_socket(context: zmq.Context) -> zmq.Socket:
    """A DEALER, not yet connected.

    IMMEDIATE: nothing is queued for a peer that is not there. LINGER 0: closing never waits.
    """
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.RECONNECT_IVL, 100)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 5000)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 2000)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 6000)
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
