"""A dream on a server, for commands: wait for it, show its progress, take the result."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping

from ...shared.client import Client, ConnectionState, RemoteDream, ServerInfo
from ...shared.picture import Picture
from ...shared.settings import DreamSettings
from ...shared.wire import keys
from ...shared.wire.address import Address
from ...shared.wire.keys import KeyPair
from ..service.serve import default_keys
from .progress import StepProgress

# Seconds without a server after which a command gives up. A restart takes less.
PATIENCE = 15.0


@contextlib.contextmanager
def dreamed_there(
    pictures: Mapping[str, Picture], settings: DreamSettings, address: str, progress: StepProgress
) -> Iterator[Picture]:
    """The dream of the server at ``address``, which keeps it until the block of code has ended well: the same asked
    again after a crash finds it, done, under way or half sent. Raises `AddressError` and `WireError`.

    pictures: "picture", and it may be "guide" and "mask".
    """
    client = client_for(address, "reverie dream")
    try:
        client.connect()
        dream = RemoteDream(pictures, settings, repeatable=True)
        client.add(dream)
        try:
            _wait(client, dream, progress)
        except BaseException:
            client.cancel(dream)
            _tell(client)
            raise
        if dream.result is None:
            assert dream.error is not None
            raise dream.error
        yield dream.result
        client.release(dream.job)
        _tell(client)
    finally:
        client.close()


def client_for(address: str, name: str) -> Client:
    """A client of the server at ``address``, as typed or pasted, not yet connected; with this person's key where the
    server has one. Raises `AddressError`.
    """
    where = Address.parse(address)
    return Client(where, name, key_for(where))


def key_for(address: Address) -> KeyPair | None:
    """This person's key pair, made on first use; None for a server without keys."""
    return keys.own(default_keys() / "client.key") if address.key else None


def answered(client: Client) -> ServerInfo:
    """Wait until the server has greeted. Raises `WireError` when it does not, or refuses."""
    began = time.monotonic()
    while client.state is not ConnectionState.CONNECTED or client.server is None:
        if not client.pump():
            client.wait(0.1)
        if client.problem and (client.state is ConnectionState.ERROR or time.monotonic() - began > PATIENCE):
            raise client.problem
    return client.server


def _wait(client: Client, dream: RemoteDream, progress: StepProgress) -> None:
    """Pump until the dream is finished or there has been no server for too long."""
    reached, told = time.monotonic(), 0
    while not dream.finished:
        if not client.pump():
            client.wait(0.1)
        if client.state is ConnectionState.CONNECTED:
            reached = time.monotonic()
        elif client.problem and _is_hopeless(client, time.monotonic() - reached):
            raise client.problem
        while told < len(dream.warnings):
            progress.warn(dream.warnings[told])
            told += 1
        if dream.steps:
            progress.update(dream.step, dream.steps, dream.seconds_left)


def _is_hopeless(client: Client, seconds: float) -> bool:
    never_reached = client.server is None
    return client.state is ConnectionState.ERROR or never_reached or seconds > PATIENCE


def _tell(client: Client) -> None:
    # The socket sends in the background; closing it at once would drop the message.
    client.pump()
    client.wait(0.1)
