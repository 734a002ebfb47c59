"""Why there is no connection, in the words an artist reads."""

from __future__ import annotations

from ..wire.address import Address
from ..wire.errors import WireError
from ..wire.keys import fingerprint


def unreachable(address: Address) -> WireError:
    """Nobody answers."""
    return WireError(
        "UNREACHABLE",
        f"No dream server answers at {address}.",
        "Start it with Start Server or the command reverie serve, or check the address.",
    )


def broken(address: Address) -> WireError:
    """There was a connection, and it ended."""
    return WireError(
        "UNREACHABLE",
        f"The connection to the dream server at {address} broke.",
        "It is tried again by itself; if the server ended, start it again.",
    )


def not_reverie(address: Address) -> WireError:
    """Somebody answers who does not speak our protocol."""
    return WireError(
        "NOT_REVERIE",
        f"Something answers at {address}, but it is not a dream server.",
        "Check the port; Reverie's own is 5571.",
    )


def needs_key(address: Address) -> WireError:
    """A server that other machines can reach is spoken to behind keys, and we have none of its."""
    return WireError(
        "NOT_PAIRED",
        f"The dream server at {address} needs its key, which this address does not hold.",
        "Paste the whole line that it printed, beginning with reverie://, or open its invite.",
    )


def not_paired(address: Address) -> WireError:
    """The server is the right one; it does not know us."""
    return WireError(
        "NOT_PAIRED",
        f"The dream server at {address} does not know this computer yet.",
        "Run reverie pair there, and type the code it shows.",
    )


def another_key(address: Address) -> WireError:
    """The server can't prove that it is the one we were told of."""
    return WireError(
        "KEY_CHANGED",
        f"What answers at {address} is not the server of this line, {fingerprint(address.key)}: its key is another.",
        "If it was set up anew, paste its new line. If nobody did that, don't trust it.",
    )
