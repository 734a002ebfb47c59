"""One question to a server, and its answer, for commands that want no more."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import zmq

from ...shared.client.connection import Connection, ConnectionState
from ...shared.wire.address import Address
from ...shared.wire.errors import WireError
from .remote import key_for

_PATIENCE = 10.0


class Asking:
    """A conversation with a server, one question after the other."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Ask, and wait for the answer. Raises `WireError`, also where none comes."""
        request = os.urandom(16)
        self.connection.send({"t": kind, "id": request, **fields})
        for header in self._heard():
            if header.get("re") == request:
                if header["t"] == "ERR":
                    raise WireError.from_details(header)
                return header
        raise WireError("UNREACHABLE", f"{self.connection.address} does not answer.", "Is it still running?")

    def _heard(self) -> Iterator[dict[str, Any]]:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            yield from (header for header, _ in self.connection.receive())
            if self.connection.state is ConnectionState.ERROR and self.connection.problem:
                raise self.connection.problem
            self.connection.wait(0.05)


@contextmanager
def asking(address: Address, name: str) -> Iterator[Asking]:
    """Connect to the server at ``address``. Raises `WireError` where it can't be reached."""
    context = zmq.Context()
    connection = Connection(address, name, context, key_for(address))
    try:
        connection.open()
        deadline = time.monotonic() + _PATIENCE
        while connection.state is not ConnectionState.CONNECTED:
            list(connection.receive())
            if connection.problem and (
                connection.state is ConnectionState.ERROR or connection.problem.code == "UNREACHABLE"
            ):
                raise connection.problem
            if time.monotonic() > deadline:
                raise WireError("UNREACHABLE", f"Nobody answers at {address}.", "Start the server: reverie serve.")
            connection.wait(0.05)
        yield Asking(connection)
    finally:
        connection.close()
        context.destroy(linger=0)
