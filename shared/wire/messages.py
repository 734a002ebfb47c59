"""What each type of message must hold: PROTOCOL's table, as a schema.

A field is a check (a function that says whether a value will do) with the words for what is allowed.
Fields in ``OPTIONAL`` may be missing or None; fields that are not named here are ignored.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import zstd
from .errors import WireError

MAX_BLOB = 1 << 40
# What both sides can do beyond the least that version 1 asks; HELLO and WELCOME agree on which.
FEATURES = frozenset({"pieces", "zstd"} if zstd.available else {"pieces"})


@dataclass(frozen=True, slots=True)
class Field:
    """A check and its words."""

    holds: Callable[[Any], bool]
    allowed: str
    optional: bool = False


def _integer(low: int, high: int) -> Field:
    return Field(
        lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high, f"a whole number {low} to {high}"
    )


def _number() -> Field:
    return Field(
        lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v), "a finite number"
    )


def _text(limit: int) -> Field:
    return Field(lambda v: isinstance(v, str) and len(v) <= limit, f"text of at most {limit} characters")


def _one_of(*values: str | int) -> Field:
    return Field(lambda v: type(v) is type(values[0]) and v in values, " or ".join(map(str, values)))


def _list_of(item: Field, limit: int = 4096) -> Field:
    return Field(
        lambda v: isinstance(v, list) and len(v) <= limit and all(map(item.holds, v)),
        f"a list of at most {limit}, each {item.allowed}",
    )


def _map_to(item: Field) -> Field:
    return Field(lambda v: isinstance(v, dict) and all(map(item.holds, v.values())), f"a map to {item.allowed}")


def _optional(field: Field) -> Field:
    return Field(lambda v: v is None or field.holds(v), f"{field.allowed}, or nothing", optional=True)


ID = Field(lambda v: isinstance(v, bytes) and len(v) == 16, "16 bytes")
BITMAP = Field(lambda v: isinstance(v, bytes), "bytes")
FLAG = Field(lambda v: isinstance(v, bool), "true or false")
MAP = Field(lambda v: isinstance(v, dict), "a map")
SIZE = _integer(1, MAX_BLOB)
OFFSET = _integer(0, MAX_BLOB)
CREDIT = _integer(0, 4096)
COUNT = _integer(0, 2**63 - 1)
CRC = _integer(0, 2**32 - 1)
NAME = _text(128)

_REQUEST = {"id": ID}
_PACKED = {
    "codec": _one_of("none", "zstd"),
    "size": _integer(1, 1 << 20),
    "item": _one_of(1, 2, 4),
    "lag": _integer(0, 4),
}

SCHEMA: dict[str, dict[str, Field]] = {
    "HELLO": _REQUEST | {"min": COUNT, "max": COUNT, "client": NAME, "features": _optional(_list_of(NAME, 64))},
    "WELCOME": {
        "re": ID,
        "server": NAME,
        "boot": ID,
        "features": _list_of(NAME, 64),
        "limits": MAP,
        "credit": CREDIT,
        "devices": _list_of(MAP, 64),
    },
    "PING": {},
    "PONG": {"queued": _optional(COUNT), "running": _optional(COUNT), "free": _optional(COUNT)},
    "LIST": _REQUEST | {"what": _one_of("networks", "jobs")},
    "LISTING": {"re": ID, "items": _list_of(MAP)},
    "PUT": _REQUEST | {"blob": ID, "size": SIZE, "picture": _optional(MAP), "file": _optional(MAP)},
    "HAVE": {"re": ID, "blob": ID, "have": BITMAP, "credit": CREDIT},
    "CHUNK": {
        "blob": ID,
        "at": OFFSET,
        "crc": CRC,
        **_PACKED,
        "item": _optional(_PACKED["item"]),
        "lag": _optional(_PACKED["lag"]),
        "base": _optional(ID),
    },
    "PART": {"start": OFFSET},
    "GOT": {"n": COUNT},
    "ACK": {"blob": ID, "at": OFFSET, "full": _optional(FLAG)},
    "SUBMIT": _REQUEST
    | {
        "job": ID,
        "kind": NAME,
        "settings": _optional(MAP),
        "inputs": _map_to(ID),
        "after": _optional(ID),
        "urgency": _optional(_one_of("interactive", "batch")),
        "lasting": _optional(FLAG),
    },
    "ACCEPTED": {"re": ID, "job": ID, "state": NAME},
    "EVENT": {"job": ID, "n": COUNT, "kind": NAME} | {name: _optional(field) for name, field in _PACKED.items()},
    "CANCEL": _REQUEST | {"job": ID},
    "CANCELLED": {"re": ID, "job": ID, "state": NAME},
    "STATUS": _REQUEST | {"jobs": _list_of(ID), "since": _optional(COUNT)},
    "GET": _REQUEST
    | {
        "blob": ID,
        "have": _optional(BITMAP),
        "credit": CREDIT,
        "codec": _optional(_one_of("none", "zstd")),
        "base": _optional(ID),
    },
    "RELEASE": _REQUEST | {"job": ID},
    "RELEASED": {"re": ID, "job": ID},
    "LEDGER": _REQUEST
    | {"skip": _optional(COUNT), "begins": _optional(Field(lambda v: isinstance(v, bytes) and len(v) <= 16, "bytes"))},
    "PULSE": _REQUEST,
    "READING": {"re": ID, "jobs": _map_to(COUNT), "working": _map_to(FLAG), "clients": COUNT, "free": COUNT},
    "RETRY": _REQUEST | {"job": ID},
    "RETRIED": {"re": ID, "job": ID, "state": NAME},
    "PAIR": _REQUEST | {"name": NAME, "proof": Field(lambda v: isinstance(v, bytes), "bytes")},
    "PAIRED": {"re": ID},
    "ERR": {"code": NAME, "msg": _text(4096), "hint": _optional(_text(4096)), "retry_after": _optional(_number())},
}


def check_fields(kind: str, header: dict[str, Any]) -> None:
    """Check a header against the schema of its type. Raises `WireError` BAD_HEADER naming the field."""
    for name, field in SCHEMA.get(kind, {}).items():
        if name not in header and field.optional:
            continue
        if name not in header or not field.holds(header[name]):
            raise WireError(
                "BAD_HEADER",
                f"In the message {kind}, the field {name!r} is {'wrong' if name in header else 'missing'}.",
                f"It must be {field.allowed}.",
                field=name,
                allowed=field.allowed,
            )
