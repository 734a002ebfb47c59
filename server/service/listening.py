"""Where the server listens: on this machine alone, until there are keys."""

from __future__ import annotations

import re

import zmq

from ...shared.wire.address import Address
from ...shared.wire.sockets import server_socket

_ANY_PORT = re.compile(r":(0|\*)/?$")


class ListenError(ValueError):
    """The server can't listen there. ``hint``: what to do."""

    def __init__(self, msg: str, hint: str) -> None:
        super().__init__(msg)
        self.hint = hint


def listen(context: zmq.Context, text: str) -> tuple[zmq.Socket, Address]:
    """Bind a ROUTER where ``text`` says; port 0 or * takes one that is free. Returns it and where it is.

    Raises `ListenError`, and `AddressError` for what is no address.
    """
    text = text.strip()
    if "//*" in text or text.startswith("*"):
        raise _needs_keys(text)
    any_port = bool(_ANY_PORT.search(text))
    address = Address.parse(_ANY_PORT.sub("", text))
    if not address.is_loopback:
        raise _needs_keys(str(address))
    socket = server_socket(context)
    socket.setsockopt(zmq.IPV6, ":" in address.host)
    try:
        socket.bind(f"{address.endpoint.rsplit(':', 1)[0]}:*" if any_port else address.endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise _busy(address) if error.errno == zmq.EADDRINUSE else _impossible(address) from error
    endpoint = socket.getsockopt_string(zmq.LAST_ENDPOINT)
    return socket, Address.parse(endpoint)


def _needs_keys(where: str) -> ListenError:
    return ListenError(
        f"Reverie does not listen on {where}: beyond this machine a server must have keys first, and it has none yet.",
        "Listen on 127.0.0.1, for example --listen tcp://127.0.0.1:5571.",
    )


def _busy(address: Address) -> ListenError:
    return ListenError(
        f"Port {address.port} on {address.host} is taken, perhaps by another Reverie server.",
        f"Stop that one, or choose another port: --listen tcp://{address.host}:{address.port + 1}.",
    )


def _impossible(address: Address) -> ListenError:
    return ListenError(f"This machine can't listen on {address}.", "Listen on 127.0.0.1.")
