"""Invites: the line that leads to a server, as a file to send around."""

from __future__ import annotations

from pathlib import Path

from .address import Address, AddressError
from .keys import fingerprint

INVITE = "invite.reverie"
# Longer files are none.
_LONGEST = 4096


def write_invite(path: Path, address: Address) -> None:
    """Write the invite to the server at ``address``, which has a key. Raises `OSError`."""
    text = f"{address.line}\n\nOpen this file in Blender: Preferences, Add-ons, Reverie, Open Invite.\n"
    path.write_text(f"{text}The server's fingerprint: {fingerprint(address.key)}\n", encoding="utf-8")


def read_invite(path: Path) -> Address:
    """Where an invite leads. Raises `AddressError`, and `OSError`."""
    with path.open("rb") as file:
        text = file.read(_LONGEST).decode("utf-8", errors="replace")
    line = next((line for line in text.splitlines() if line.strip().lower().startswith("reverie://")), None)
    if line is None:
        raise AddressError(f"{path.name} is no invite to a dream server. Ask for the file that the server wrote.")
    return Address.parse(line)
