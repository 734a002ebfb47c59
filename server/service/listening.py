"""Where the server listens: on this machine for everybody on it, beyond it only behind keys."""

from __future__ import annotations

import re
import socket as network
import time

import zmq

from ...shared.wire.address import Address
from ...shared.wire.sockets import server_socket
from .guard import Guard

_ANY_PORT = re.compile(r":(0|\*)/?$")
_ANY_HOST = re.compile(r"^(tcp://)?\*")
# Not a host anybody can be told to connect to.
_EVERYWHERE = ("0.0.0.0", "::")
# A port is free again as soon as ZeroMQ's own thread has closed it; it may be busy for that many seconds.
_CLOSING = 10.0


class ListenError(ValueError):
    """The server can't listen there. ``hint``: what to do."""

    def __init__(self, msg: str, hint: str) -> None:
        super().__init__(msg)
        self.hint = hint


def is_beyond(text: str) -> bool:
    """Whether ``text`` tells of a place that other machines can reach. Raises `AddressError`."""
    return not _parse(text).is_loopback


def listen(context: zmq.Context, text: str, guard: Guard | None = None) -> tuple[zmq.Socket, Address]:
    """Bind a ROUTER where ``text`` says; port 0 or * takes one that is free. Returns it and where it is.

    guard: keeps strangers out; without one the server listens to this machine alone. Raises `ListenError`, and
    `AddressError` for what is no address.
    """
    any_port = bool(_ANY_PORT.search(text.strip()))
    address = _parse(text)
    if not address.is_loopback and guard is None:
        raise _needs_keys(address)
    socket = _router(context, ":" in address.host, guard)
    try:
        socket.bind(f"{address.endpoint.rsplit(':', 1)[0]}:*" if any_port else address.endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise _busy(address) if error.errno == zmq.EADDRINUSE else _impossible(address) from error
    bound = Address.parse(socket.getsockopt_string(zmq.LAST_ENDPOINT))
    return socket, Address(bound.host, bound.port, guard.keyring.server.public if guard else b"")


def listen_anew(socket: zmq.Socket, guard: Guard | None) -> zmq.Socket:
    """Close a ROUTER that `listen` bound, with every connection and all that they sent, and bind another in its place.

    Raises `zmq.ZMQError` where the port can't be had again.
    """
    endpoint, ipv6 = socket.getsockopt_string(zmq.LAST_ENDPOINT), bool(socket.getsockopt(zmq.IPV6))
    socket.close(linger=0)
    fresh = _router(socket.context, ipv6, guard)
    deadline = time.monotonic() + _CLOSING
    while True:
        try:
            fresh.bind(endpoint)
            return fresh
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _router(context: zmq.Context, ipv6: bool, guard: Guard | None) -> zmq.Socket:
    socket = server_socket(context)
    socket.setsockopt(zmq.IPV6, ipv6)
    if guard:
        guard.protect(socket)
    return socket


def told(address: Address, host: str = "") -> Address:
    """The address to tell others: with ``host``, or for a server that listens everywhere with this machine's own."""
    return Address(host or (_own_host() if address.host in _EVERYWHERE else address.host), address.port, address.key)


def _parse(text: str) -> Address:
    return Address.parse(_ANY_HOST.sub(r"\g<1>0.0.0.0", _ANY_PORT.sub("", text.strip())))


def _own_host() -> str:
    """The address by which this machine would reach others; its name where it has none. Nothing is sent."""
    with network.socket(network.AF_INET, network.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation (RFC 5737)
            return probe.getsockname()[0]
        except OSError:
            return network.gethostname()


def _needs_keys(address: Address) -> ListenError:
    return ListenError(
        f"Reverie does not listen on {address} without keys: whoever reaches that port could dream on this machine.",
        "Leave --no-keys out, or listen on 127.0.0.1.",
    )


def _busy(address: Address) -> ListenError:
    return ListenError(
        f"Port {address.port} on {address.host} is taken, perhaps by another Reverie server.",
        f"Stop that one, or choose another port: --listen tcp://{address.host}:{address.port + 1}.",
    )


def _impossible(address: Address) -> ListenError:
    return ListenError(f"This machine can't listen on {address}.", "Listen on 127.0.0.1 or 0.0.0.0.")
