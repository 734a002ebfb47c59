"""Keys: how a dream server and its clients know each other, and in what form people see them.

A key pair is one of CurveZMQ's (Curve25519). The public half of a server's stands in the line that an artist pastes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path

import zmq
from zmq.utils import z85

# Crockford's base 32: no i, l, o or u, so that nothing is mistaken for a digit.
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_MISREAD = str.maketrans("ilo", "110")
_KEY_DIGITS, _CHECK_DIGITS = 52, 4
SIZE = 32


class KeyTextError(ValueError):
    """A text that is no key; the message says in one sentence what is wrong with it."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Both halves of a key, 32 bytes each."""

    public: bytes
    secret: bytes

    @classmethod
    def fresh(cls) -> KeyPair:
        """A new pair, from the system's randomness."""
        public, secret = zmq.curve_keypair()
        return cls(z85.decode(public), z85.decode(secret))

    def __repr__(self) -> str:
        # A secret must not get into a log by way of a message.
        return f"KeyPair({written(self.public)})"


def written(key: bytes) -> str:
    """``key`` (32 bytes) as people copy it: 52 digits of base 32, and 4 that tell a mistake."""
    return _base32(key, _KEY_DIGITS) + _check(key)


def read(text: str) -> bytes:
    """The key that `written` wrote, whatever the case, spaces or hyphens. Raises `KeyTextError`."""
    digits = text.strip().lower().replace("-", "").replace(" ", "").translate(_MISREAD)
    if len(digits) != _KEY_DIGITS + _CHECK_DIGITS:
        raise KeyTextError(f"The key has {len(digits)} characters instead of {_KEY_DIGITS + _CHECK_DIGITS}.")
    if set(digits) - set(_DIGITS):
        raise KeyTextError("The key holds characters that no key has.")
    number = 0
    for digit in digits[:_KEY_DIGITS]:
        number = number << 5 | _DIGITS.index(digit)
    key = (number >> (_KEY_DIGITS * 5 - SIZE * 8)).to_bytes(SIZE + 1, "big")[-SIZE:]
    if written(key) != digits:
        raise KeyTextError("The key has a mistake in it.")
    return key


def fingerprint(key: bytes) -> str:
    """Four words that two people can compare by voice: 40 bits of a digest of ``key``."""
    number = int.from_bytes(hashlib.sha256(b"fingerprint" + key).digest()[:5], "big")
    words = _words()
    return " ".join(words[number >> shift & 1023] for shift in (30, 20, 10, 0))


def proof(code: str, server: bytes, client: bytes) -> bytes:
    """What a client sends to show that it was told the pairing ``code``, of use between these two keys alone."""
    return hmac.digest(code.encode(), b"reverie pair" + server + client, "sha256")


def load(path: Path) -> KeyPair:
    """The pair kept at ``path``. Raises `OSError`, and `KeyTextError` where it holds none."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return KeyPair(read(record["public"]), read(record["secret"]))
    except (ValueError, KeyError, TypeError) as error:
        raise KeyTextError(f"{path.name} holds no key.") from error


def keep(path: Path, pair: KeyPair) -> None:
    """Put ``pair`` at ``path``, for its owner's eyes alone from the first byte on. Raises `OSError` where it exists."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    record = json.dumps({"public": written(pair.public), "secret": written(pair.secret)}, indent=2)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(record + "\n")
        file.flush()
        os.fsync(file.fileno())


def own(path: Path) -> KeyPair:
    """The pair kept at ``path``, made there when it is first asked for. Raises `OSError` and `KeyTextError`."""
    if not path.exists():
        # Two programs may ask at once: the one that comes second takes what the first one made.
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        keep(fresh, KeyPair.fresh())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    return load(path)


def _base32(key: bytes, digits: int) -> str:
    number = int.from_bytes(key, "big") << (digits * 5 - len(key) * 8)
    return "".join(_DIGITS[number >> (5 * place) & 31] for place in reversed(range(digits)))


def _check(key: bytes) -> str:
    number = int.from_bytes(hashlib.sha256(b"reverie key" + key).digest()[:3], "big") >> 4
    return "".join(_DIGITS[number >> (5 * place) & 31] for place in reversed(range(_CHECK_DIGITS)))


def _words() -> tuple[str, ...]:
    return tuple(Path(__file__).with_name("words.txt").read_text(encoding="ascii").split())
