"""Where a dream server is, in every form a person types it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from . import keys

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5571

_FORM = re.compile(
    r"""(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?
        (?: \[(?P<bracketed>[^\]]*)\] | (?P<host>[^/:\[\]]*) )
        (?: :(?P<port>[^/]*) )?
        (?: /(?P<key>.*) )?""",
    re.VERBOSE | re.IGNORECASE,
)
_SCHEMES = (None, "tcp", "reverie", "http", "https")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?", re.IGNORECASE)


class AddressError(ValueError):
    """A text that is no address; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host (a name or an IP address), a port, and the server's public key where the pasted line holds one."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    key: bytes = b""

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read what a person typed: ``gpubox``, ``tcp://10.0.0.5:5571/``, ``::1``, ``5571``, or nothing for here.

        Raises `AddressError`.
        """
        text = text.strip().strip("\"'").strip()
        if text.isdecimal():
            return cls(DEFAULT_HOST, _port(text))
        if _is_ipv6(text):
            return cls(text, DEFAULT_PORT)
        match = _FORM.fullmatch(text)
        if not match or (match["scheme"] or "tcp").lower() not in _SCHEMES:
            raise AddressError(f"{text!r} is not an address. Write it as host or host:port, for example gpubox:5571.")
        host = match["bracketed"] if match["bracketed"] is not None else match["host"]
        port = _port(match["port"]) if match["port"] else DEFAULT_PORT
        return cls(_host(host), port, _key(match["key"] or ""))

    @property
    def endpoint(self) -> str:
        """The form ZeroMQ takes: ``tcp://127.0.0.1:5571``."""
        return f"tcp://{self}"

    @property
    def line(self) -> str:
        """What a person pastes: ``reverie://gpubox:5571/<key>``."""
        return f"reverie://{self}" + (f"/{keys.written(self.key)}" if self.key else "")

    @property
    def is_loopback(self) -> bool:
        """Whether this is surely this machine, so that no network permission is needed."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _host(text: str) -> str:
    # "localhost" may resolve to ::1 first, where nobody listens.
    if text.lower() in ("", "localhost"):
        return DEFAULT_HOST
    if not _is_ipv6(text) and not _HOST.fullmatch(text):
        raise AddressError(f"{text!r} is not the name of a machine. Write for example gpubox or 192.168.1.20.")
    return text


def _key(text: str) -> bytes:
    if not text.strip():
        return b""
    try:
        return keys.read(text)
    except keys.KeyTextError as error:
        raise AddressError(f"{error} Copy the whole line that the server printed once more.") from None


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise AddressError(f"{text!r} is not a port. A port is a number from 1 to 65535; Reverie's is {DEFAULT_PORT}.")
    return int(text)


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False
