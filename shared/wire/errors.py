"""Every way a request can fail, as one exception that travels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Code:
    """What is true of every error of one kind: whose doing it is, and whether trying again can help."""

    who: str
    retry: bool
    retry_after: float = 0.0


CODES: dict[str, Code] = {
    "PROTO_VERSION": Code("client", False),
    "NOT_PAIRED": Code("client", False),
    "REVOKED": Code("client", False),
    "FORBIDDEN": Code("client", False),
    "BAD_HEADER": Code("client", False),
    "UNKNOWN_TYPE": Code("client", False),
    "BAD_CHUNK": Code("network", True),
    "TOO_LARGE": Code("client", False),
    "NO_SPACE": Code("server", True, 10.0),
    "BUSY": Code("server", True, 1.0),
    "CONFLICT": Code("client", False),
    "UNKNOWN_JOB": Code("client", False),
    "UNKNOWN_BLOB": Code("client", False),
    "UNKNOWN_NETWORK": Code("client", False),
    "UNKNOWN_LAYER": Code("client", False),
    "BAD_PARAM": Code("client", False),
    "BAD_FILE": Code("client", False),
    "OUT_OF_MEMORY": Code("device", False),
    "DEVICE_LOST": Code("device", True, 5.0),
    "CANCELLED": Code("client", False),
    "DRAINING": Code("server", True, 5.0),
    "INTERNAL": Code("server", False),
    # Found on the client's own side; these never travel.
    "UNREACHABLE": Code("network", True),
    "NOT_REVERIE": Code("network", True),
    "KEY_CHANGED": Code("server", False),
}


class WireError(Exception):
    """An error as PROTOCOL's ERR message carries it.

    msg: one sentence an artist understands. hint: what to do about it. ref: 8 hex digits found again in
    the server's log. field, allowed: the header field or setting at fault and what it may be.
    """

    def __init__(
        self,
        code: str,
        msg: str,
        hint: str = "",
        *,
        ref: str = "",
        field: str = "",
        allowed: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{msg} {hint}".strip())
        known = CODES.get(code, CODES["INTERNAL"])
        self.code = code
        self.msg = msg
        self.hint = hint
        self.ref = ref
        self.field = field
        self.allowed = allowed
        self.who = known.who
        self.retry = known.retry
        self.retry_after = known.retry_after if retry_after is None else retry_after
        # The id of the request at fault, where the header could still be read.
        self.request_id: bytes | None = None

    def details(self) -> dict[str, Any]:
        """The fields of an ERR message, less its type and ids; also the ``error`` of a FAILED event."""
        details = {
            "code": self.code,
            "msg": self.msg,
            "hint": self.hint,
            "who": self.who,
            "retry": self.retry,
            "retry_after": self.retry_after,
            "ref": self.ref,
        }
        if self.field:
            details |= {"field": self.field, "allowed": self.allowed}
        return details

    @classmethod
    def from_details(cls, details: Mapping[str, Any]) -> WireError:
        """The error that a message's fields tell of; tolerant, since a newer server may know more codes."""
        error = cls(
            str(details.get("code", "INTERNAL")),
            str(details.get("msg", "The server reported an error.")),
            str(details.get("hint", "")),
            ref=str(details.get("ref", "")),
            field=str(details.get("field", "")),
            allowed=str(details.get("allowed", "")),
        )
        error.who = str(details.get("who", error.who))
        error.retry = bool(details.get("retry", error.retry))
        retry_after = details.get("retry_after", error.retry_after)
        error.retry_after = float(retry_after) if isinstance(retry_after, (int, float)) else error.retry_after
        return error
