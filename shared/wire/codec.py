"""Headers to bytes and back: msgpack within the limits that PROTOCOL sets, checked before anything is believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack

from .errors import WireError
from .messages import check_fields

VERSION = 1
MAX_HEADER = 64 * 1024
MAX_ITEMS = 4096
MAX_ENTRIES = 256
MAX_TEXT = 4096
MAX_DEPTH = 8
# Values in lists and maps, over all of a header: 64 KiB of empty lists would take 5 MB and 10 ms.
MAX_VALUES = 4352


def encode(header: Mapping[str, Any]) -> bytes:
    """One header frame. Raises ValueError when it would break the limits: that is a fault of ours, not a peer's."""
    frame = msgpack.packb({"v": VERSION, **header}, use_bin_type=True)
    assert frame is not None
    if len(frame) > MAX_HEADER:
        raise ValueError(f"a header of {len(frame)} bytes is over the limit of {MAX_HEADER}")
    return frame


def decode(frame: bytes | memoryview) -> dict[str, Any]:
    """The header in a frame, checked against the schema of its type; unknown types and fields pass.

    Raises `WireError` BAD_HEADER or PROTO_VERSION; its ``request_id`` is set where the header's id could be read.
    """
    header = _unpack(frame)
    request_id = header.get("id")
    try:
        if header.get("v") != VERSION:
            raise WireError(
                "PROTO_VERSION",
                f"This side speaks version {VERSION} of the protocol, the other sent version {header.get('v')!r:.20}.",
                "Update Reverie on both sides to the same version.",
                field="v",
                allowed=str(VERSION),
            )
        kind = header.get("t")
        if not isinstance(kind, str):
            raise bad_header("t", "text")
        check_fields(kind, header)
    except WireError as error:
        error.request_id = request_id if isinstance(request_id, bytes) and len(request_id) == 16 else None
        raise
    return header


def bad_header(field: str, allowed: str) -> WireError:
    """The error for a header whose ``field`` is missing or not ``allowed``."""
    return WireError(
        "BAD_HEADER",
        f"The message's field {field!r} is missing or wrong.",
        f"It must be {allowed}.",
        field=field,
        allowed=allowed,
    )


def _unpack(frame: bytes | memoryview) -> dict[str, Any]:
    if len(frame) > MAX_HEADER:
        raise bad_header("header", f"at most {MAX_HEADER} bytes")
    count = _Count()
    try:
        header = msgpack.unpackb(
            frame,
            list_hook=count.list,
            object_hook=count.map,
            ext_hook=_no_extension,
            raw=False,
            strict_map_key=True,
            max_str_len=MAX_TEXT,
            max_bin_len=MAX_HEADER,
            max_array_len=MAX_ITEMS,
            max_map_len=MAX_ENTRIES,
            max_ext_len=0,
        )
    # msgpack raises ValueError and its kin for what breaks a limit, and TypeError for unhashable or foreign keys.
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise bad_header("header", "a msgpack map within the protocol's limits") from error
    if not isinstance(header, dict) or not _shallow(header, MAX_DEPTH):
        raise bad_header("header", f"a map with text keys, at most {MAX_DEPTH} deep")
    return header


class _Count:
    """Sees every list and map as it is unpacked, and stops that as soon as it is too much."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def list(self, value: list[Any]) -> list[Any]:
        self._left -= 1 + len(value)
        if self._left < 0:
            raise ValueError("too many values")
        return value

    def map(self, value: dict[Any, Any]) -> dict[Any, Any]:
        self._left -= 1 + len(value)
        if self._left < 0:
            raise ValueError("too many values")
        for key in value:
            if type(key) is not str:
                raise ValueError("a key that is no text")
        return value


def _no_extension(code: int, data: bytes) -> None:
    raise ValueError("an extension type")


def _shallow(value: dict[str, Any] | list[Any], depth: int) -> bool:
    """Whether lists and maps are nested at most ``depth`` deep."""
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_shallow(item, depth - 1) for item in inner if type(item) in (dict, list))
