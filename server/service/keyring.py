"""The keyring: the server's own key, and the clients that may speak to it.

A folder of small files. Commands change them beside a running server, which looks again at every turn of its loop.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...shared.wire import keys
from ...shared.wire.errors import WireError

PAIRING_TIME = 300.0
PAIRING_TRIES = 5


@dataclass(frozen=True, slots=True)
class Client:
    """A client that has been paired. key: its public key as `keys.written`. since: when, in seconds since 1970."""

    name: str
    key: str
    since: float
    revoked: bool = False


class Keyring:
    """The keys of a server, in ``folder``: ``server.key``, ``clients.json`` and, for five minutes, ``pairing.json``."""

    def __init__(self, folder: Path) -> None:
        """Raises `OSError`, and `KeyTextError` where the server's key is damaged."""
        self.folder = folder
        self.server = keys.own(folder / "server.key")
        self._seen: tuple[int, int] | None = None
        self._clients: dict[str, Client] = {}

    def clients(self) -> list[Client]:
        """All clients there ever were, the revoked ones too, in the order they came."""
        self._look()
        return list(self._clients.values())

    def client(self, key: str) -> Client | None:
        """Who has the public key ``key``, if anybody."""
        self._look()
        return self._clients.get(key)

    def admit(self, key: str, name: str) -> Client:
        """Let the client with the public key ``key`` in from now on."""
        self._look()
        taken = {client.name for client in self._clients.values() if client.key != key}
        client = Client(_free(name.strip() or "client", taken), key, time.time())
        self._write({**self._clients, key: client})
        return client

    def revoke(self, name: str) -> bool:
        """Shut out the client called ``name``; whether there was one."""
        self._look()
        found = next((each for each in self._clients.values() if each.name == name and not each.revoked), None)
        if found is None:
            return False
        self._write({**self._clients, found.key: Client(found.name, found.key, found.since, revoked=True)})
        return True

    def rename(self, name: str, new: str) -> bool:
        """Call the client ``name`` ``new``; whether there was one, and no other has that name."""
        self._look()
        found = next((each for each in self._clients.values() if each.name == name), None)
        if found is None or any(each.name == new for each in self._clients.values()):
            return False
        self._write({**self._clients, found.key: Client(new, found.key, found.since, found.revoked)})
        return True

    def _look(self) -> None:
        """Read the clients again if the file has changed."""
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            self._clients, self._seen = {}, None
            return
        seen = stat.st_mtime_ns, stat.st_ino
        if seen != self._seen:
            record = json.loads(self._file.read_text(encoding="utf-8"))
            self._clients = {each["key"]: Client(**each) for each in record}
            self._seen = seen

    def _write(self, clients: dict[str, Client]) -> None:
        record = [
            {"name": each.name, "key": each.key, "since": each.since, "revoked": each.revoked}
            for each in clients.values()
        ]
        write_private(self._file, record)
        self._look()

    @property
    def _file(self) -> Path:
        return self.folder / "clients.json"


class Pairing:
    """Five minutes in which a client that knows a six-digit code is let in. At most five wrong codes are heard."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._nonce = ""
        # By a clock that nobody sets.
        self._began = 0.0
        self._wrong = 0

    @property
    def file(self) -> Path:
        """Where the code lies while a pairing is open."""
        return self._keyring.folder / "pairing.json"

    def open(self) -> str:
        """Open a pairing; returns the code to be told to the artist."""
        code = f"{secrets.randbelow(10**6):06}"
        write_private(self.file, {"code": code, "nonce": secrets.token_hex(8)})
        return code

    def close(self) -> None:
        """End the pairing."""
        self.file.unlink(missing_ok=True)

    @property
    def is_open(self) -> bool:
        """Whether somebody may try the code now."""
        return self._code() is not None

    def attempt(self, key: str, name: str, proof: bytes) -> Client:
        """Let in the client with the public key ``key`` if its ``proof`` tells that it knows the code.

        Raises `WireError` NOT_PAIRED.
        """
        code = self._code()
        if code is None:
            raise WireError("NOT_PAIRED", "No pairing is open on this server.", "Run there: reverie pair.")
        if not secrets.compare_digest(proof, keys.proof(code, self._keyring.server.public, keys.read(key))):
            self._wrong += 1
            left = PAIRING_TRIES - self._wrong
            if not left:
                self.close()
                raise WireError("NOT_PAIRED", "That was not the code, five times.", "Run there again: reverie pair.")
            raise WireError("NOT_PAIRED", "That is not the code.", f"Type it again; tries left: {left}.")
        client = self._keyring.admit(key, name)
        self.close()
        return client

    def _code(self) -> str | None:
        """The code of the pairing that is open. One that was opened anew starts the five minutes afresh."""
        try:
            record = json.loads(self.file.read_text(encoding="utf-8"))
            code, nonce = record["code"], record["nonce"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if nonce != self._nonce:
            self._nonce, self._began, self._wrong = nonce, time.monotonic(), 0
        if time.monotonic() - self._began > PAIRING_TIME:
            self.close()
            return None
        return code


def write_private(path: Path, record: Any) -> None:
    """Write JSON that its owner alone may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(record, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _free(name: str, taken: set[str]) -> str:
    """``name``, or the first of “name 2”, “name 3” … that is not taken."""
    candidates: Iterator[str] = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(candidate for candidate in candidates if candidate not in taken)
