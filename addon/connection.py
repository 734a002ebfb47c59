"""The one connection of this Blender to a dream server.

The client is imported when it is first needed, so that the add-on registers, and can say what is wrong, where the
modules of the wire are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from . import identity, preferences, versions
from .problems import Problem

if TYPE_CHECKING:
    from ..shared.client import Client
    from ..shared.wire.address import Address

# How long a message may take to leave before the connection is closed, in seconds.
LAST_WORDS = 0.05

_client: Client | None = None
_instead = ""


def use(text: str) -> None:
    """Go to the server at the address ``text``, whatever the preferences say, as long as this Blender runs."""
    global _instead
    _instead = text
    close()


def address() -> Address:
    """Where the preferences say the server is. Raises `Problem`."""
    _check_modules()
    from ..shared.wire.address import Address, AddressError

    try:
        return Address.parse(_instead or preferences.get().address)
    except AddressError as error:
        raise Problem(str(error)) from None


def check_access() -> None:
    """Raise `Problem` where Blender's network rule forbids the address: loopback is always allowed."""
    where = address()
    if not where.is_loopback and not bpy.app.online_access:
        raise Problem(
            f"Blender's preferences don't allow online access, which the server at {where} needs.",
            "Allow it, or dream on a server on this computer.",
        )


def get() -> Client:
    """The client, made and told to connect on first use. Raises `Problem` where it may not or can't be."""
    global _client
    if _client is None:
        check_access()
        from ..shared.client import Client

        where = address()
        _client = Client(where, versions.client_name(), identity.own(where), preferences.get().form)
        _client.connect()
    return _client


def pair(code: str) -> None:
    """Show the server the pairing ``code``, so that it knows this computer from now on. Raises `Problem`."""
    if not address().key:
        raise Problem("The address does not hold the server's key.", "Paste the whole line that the server printed.")
    if sum(map(str.isdigit, code)) != 6:
        raise Problem("A code has six digits.", "Type those that “reverie pair” shows on the server.")
    get().pair(code)


def may_pair() -> bool:
    """Whether all that keeps us from the server is that it does not know this computer."""
    error = _client and _client.problem
    return bool(error and error.code in ("NOT_PAIRED", "REVOKED") and _client and _client.address.key)


def current() -> Client | None:
    """The client, if there is one."""
    return _client


def is_connected() -> bool:
    """Whether the server has answered and is still there."""
    return _client is not None and _client.state.name == "CONNECTED"


def problem() -> Problem | None:
    """What keeps us from the server, or None. While we are still trying this is what is known so far."""
    try:
        check_access()
    except Problem as found:
        return found
    error = _client and _client.problem
    return Problem(error.msg, error.hint) if error else None


def networks() -> list[dict[str, Any]]:
    """The networks of the server, as it listed them; empty until it did."""
    return _client.networks if _client else []


def network(name: str) -> dict[str, Any]:
    """What the server says of one network; empty where it says nothing."""
    return next((network for network in networks() if network["name"] == name), {})


def say_goodbye() -> None:
    """Give what was just said a moment to leave: the socket sends in the background, and closing it drops the rest."""
    if _client is not None and is_connected():
        _client.pump()
        _client.wait(LAST_WORDS)


def close() -> None:
    """Drop the connection. Never waits."""
    global _client
    if _client is not None:
        _client.close()
        _client = None


def _check_modules() -> None:
    try:
        import msgpack  # noqa: F401
        import zmq  # noqa: F401
    except ImportError as error:
        raise Problem(
            f"The Python module {error.name} that talks to dream servers is missing from this Blender.",
            "Install Reverie from its zip, which brings it along.",
        ) from None
