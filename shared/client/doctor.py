"""The doctor: what, if anything, is wrong between here and a dream server, one question after the other."""

from __future__ import annotations

import errno
import os
import platform
import select
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..picture import Picture, PictureInfo
from ..settings import DreamSettings
from ..wire.address import Address
from ..wire.errors import WireError
from ..wire.keys import KeyPair, fingerprint
from . import reasons
from .client import Client
from .connection import ConnectionState
from .dream import DreamState, RemoteDream
from .line import choose

_PATIENCE = 8.0
# Pictures to time the line with: the small one alone where it takes long.
_SMALL, _LARGE, _QUICK = 256, 2048, 0.5
_LITTLE_SPACE = 1 << 30
_PINGS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question. fine: True, False, or None where it could not be asked.

    text: one sentence on how it is. hint: what to do where it is not fine.
    """

    question: str
    fine: bool | None
    text: str
    hint: str = ""


class Doctor:
    """Examines the way to a server. Like all of this package it never waits, but for the name of a machine.

    findings: what is known so far.
    """

    def __init__(self, address: Address, own: KeyPair | None = None, *, online: bool = True) -> None:
        """``own``: our key pair. ``online``: whether we may reach other computers at all."""
        self.address = address
        self.findings: list[Finding] = []
        self._online = online
        self._own = own
        self._client: Client | None = None
        self._steps = self._examine()

    def advance(self) -> bool:
        """Go on a little; False once all is known."""
        for found in self._steps:
            if found is None:
                return True
            self.findings.append(found)
        self.close()
        return False

    @property
    def healthy(self) -> bool:
        """Whether nothing found so far is wrong."""
        return all(found.fine is not False for found in self.findings)

    def wait(self, seconds: float) -> None:
        """Sleep until there may be more to know, or the time is over."""
        if self._client:
            self._client.wait(seconds)
        else:
            time.sleep(seconds)

    def close(self) -> None:
        """Stop asking."""
        if self._client:
            self._client.close()
            self._client = None

    def report(self) -> str:
        """All findings as text to send to somebody: without the server's name and keys."""
        lines = [f"Reverie, {platform.system()} {platform.machine()}, Python {platform.python_version()}"]
        lines += [spoken(found) for found in self.findings]
        text = "\n".join(lines)
        secrets = [str(self.address), self.address.host, platform.node()]
        if self.address.key:
            secrets.append(fingerprint(self.address.key))
        for secret in filter(None, secrets):
            text = text.replace(secret, "…")
        return text

    def _examine(self) -> Iterator[Finding | None]:
        """Ask everything in order. What is wrong on the way to the server ends it: nothing beyond can be known then."""
        for question in (self._name, self._access, self._port, self._handshake):
            for found in question():
                yield found
                if found is not None and found.fine is False:
                    return
        yield from self._server()

    def _name(self) -> Iterator[Finding]:
        host = self.address.host
        try:
            socket.getaddrinfo(host, self.address.port, type=socket.SOCK_STREAM)
        except OSError:
            problem = f"Nobody knows a machine called {host}."
            yield Finding("Name", False, problem, "Check its spelling, or use the machine's number, as 192.168.1.20.")
        else:
            yield Finding("Name", True, f"{host} is known.")

    def _access(self) -> Iterator[Finding]:
        if self._online or self.address.is_loopback:
            yield Finding("Access", True, "This address may be reached.")
        else:
            yield Finding(
                "Access",
                False,
                "Blender's preferences don't allow online access.",
                "Allow it: Preferences, System, Network.",
            )

    def _port(self) -> Iterator[Finding | None]:
        host, port = self.address.host, self.address.port
        family, kind, proto, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setblocking(False)
            code = probe.connect_ex(where)
            deadline = time.monotonic() + _PATIENCE
            while code in (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN) and time.monotonic() < deadline:
                yield None
                if any(select.select([], [probe], [probe], 0)):
                    code = probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            yield Finding("Port", True, f"Something listens on port {port}.")
        elif code == errno.ECONNREFUSED:
            problem = f"Nothing listens on port {port} there."
            yield Finding("Port", False, problem, f"Start the server there: reverie serve {self._listen}.")
        else:
            problem = f"Port {port} does not answer: {os.strerror(code)}."
            yield Finding("Port", False, problem, "Is the machine on, and does its firewall let that port through?")

    @property
    def _listen(self) -> str:
        where = "127.0.0.1" if self.address.is_loopback else "0.0.0.0"
        return f"--listen tcp://{where}:{self.address.port}"

    def _handshake(self) -> Iterator[Finding | None]:
        self._client = client = Client(self.address, "reverie doctor", self._own)
        client.connect()
        yield from self._until(lambda: client.state is not ConnectionState.CONNECTING)
        error = client.problem or reasons.unreachable(self.address)
        code = "" if client.state is ConnectionState.CONNECTED else error.code
        keyed = "It proved its key, " + fingerprint(self.address.key) if self.address.key else "It needs no keys"
        yield _judged("Handshake", code in ("", "PROTO_VERSION", "KEY_CHANGED", "NOT_PAIRED", "REVOKED"), error)
        yield _judged("Protocol", code != "PROTO_VERSION", error, "Both sides speak the same version.")
        yield _judged("Key", code != "KEY_CHANGED", error, f"{keyed}.")
        yield _judged("Pairing", code not in ("NOT_PAIRED", "REVOKED"), error, "It lets this computer in.")

    def _server(self) -> Iterator[Finding | None]:
        client = self._client
        assert client is not None
        # The workers may still be starting.
        yield from self._until(lambda: bool(client.server and client.server.devices) and bool(client.networks), 2.0)
        yield _devices(client.server.devices if client.server else [])
        yield _networks([network for network in client.networks if network.get("installed")])
        trips: list[float] = []
        for _ in range(_PINGS):
            before = client.pulse
            client.ping()
            yield from self._until(lambda before=before: client.pulse is not before)
            if client.pulse:
                trips.append(client.pulse.round_trip)
        yield _space(client.pulse.free if client.pulse else 0)
        if trips:
            trip = sorted(trips)[len(trips) // 2] * 1000
            slow = "" if trip < 200 else " Previews will lag behind."
            yield Finding("Round trip", True, f"An answer takes {trip:.1f} ms.{slow}")
        yield from self._bandwidth(client)

    def _bandwidth(self, client: Client) -> Iterator[Finding | None]:
        """Send a picture there and back at strength 0: the way a dream goes, without dreaming."""
        yield from self._sent(client, _SMALL)
        up, down, seconds = self._line
        if seconds and seconds < _QUICK and not self._failed:
            yield from self._sent(client, _LARGE)
            up, down, seconds = self._line
        if self._failed:
            yield _judged("Bandwidth", False, self._failed)
        else:
            way = choose("auto", self.address.is_loopback, up)
            yield Finding("Bandwidth", True, f"{_rate(up)} there, {_rate(down)} back. {way}")

    _line = (0.0, 0.0, 0.0)
    _failed: WireError | None = None

    def _sent(self, client: Client, side: int) -> Iterator[None]:
        info = PictureInfo((side, side, 4), "u8", "sRGB", "straight")
        picture = Picture.from_bytes(info, bytearray(os.urandom(info.size)))
        dream = client.dream(picture, DreamSettings(strength=0.0))
        marks: dict[DreamState, float] = {}
        deadline = time.monotonic() + 10 * _PATIENCE
        while not dream.finished and time.monotonic() < deadline:
            client.pump(0.05)
            marks.setdefault(dream.state, time.perf_counter())
            yield None
        ended = time.perf_counter()
        if dream.result is None:
            client.cancel(dream)
            self._failed = dream.error or WireError("UNREACHABLE", "A picture did not come back.", "Try again.")
            return
        self._line = (*_rates(dream, marks, ended, info.size), ended - min(marks.values()))

    def _until(self, over: Callable[[], object], patience: float = _PATIENCE) -> Iterator[None]:
        assert self._client is not None
        deadline = time.monotonic() + patience
        while not over() and time.monotonic() < deadline:
            self._client.pump()
            yield None


def spoken(found: Finding) -> str:
    """A finding as one line of text."""
    mark = {True: "ok", False: "NO", None: "--"}[found.fine]
    return f"{mark}  {found.question}: {found.text}" + (f" {found.hint}" if found.hint else "")


def _judged(question: str, fine: bool, error: WireError, text: str = "A dream server answers.") -> Finding:
    return Finding(question, True, text) if fine else Finding(question, False, error.msg, error.hint)


def _devices(devices: Iterable[dict[str, object]]) -> Finding:
    told = [f"{each.get('name')}, {_bytes(int(str(each.get('memory') or 0)))}" for each in devices]
    if not told:
        problem = "No worker is ready to dream."
        return Finding("Device", False, problem, "Wait a moment; if that does not help, read the server's log.")
    return Finding("Device", True, f"It dreams on {'; '.join(told)}.")


def _networks(installed: list[dict[str, object]]) -> Finding:
    names = ", ".join(str(network["name"]) for network in installed)
    if not names:
        return Finding("Networks", False, "No network is installed.", "Run there: reverie networks.")
    return Finding("Networks", True, f"Installed: {names}.")


def _space(free: int) -> Finding:
    if free < _LITTLE_SPACE:
        hint = "Make room on its disk, or give it another folder: reverie serve --spool."
        return Finding("Space", False, f"Only {_bytes(free)} are left for pictures.", hint)
    return Finding("Space", True, f"{_bytes(free)} are free for pictures.")


def _rates(dream: RemoteDream, marks: dict[DreamState, float], ended: float, size: int) -> tuple[float, float]:
    """Bytes a second there and back; each state begins where its mark is."""
    began = min(marks.values())
    there = min((at for state, at in marks.items() if state.value in ("queued", "running", "receiving")), default=ended)
    back = marks.get(DreamState.RECEIVING, there)
    return size / max(there - began, 1e-6), size / max(ended - back, 1e-6)


def _rate(rate: float) -> str:
    return f"{rate / 1e6:.1f} MB/s" if rate < 1e9 else f"{rate / 1e9:.1f} GB/s"


def _bytes(count: int) -> str:
    return f"{count / 1e9:.0f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
