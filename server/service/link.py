"""What gateway and worker say to each other: msgpack maps over a loopback socket, believed only with the token.

Gateway to worker: START {job, attempt, kind, settings, inputs {name: content}, results {name: blob}}, CANCEL {job}.
Worker to gateway, each with ``token``: READY {devices}, BROKEN {msg, hint}, PROGRESS {job, attempt, step, steps,
seconds_left}, PREVIEW {job, attempt, picture} + pixels, DONE {job, attempt, results {name: content}, facts}, FAILED
{job, attempt, code, msg, hint, trace, field, allowed}, STOPPED {job, attempt}, LOST {job, attempt, trace}, after which
the worker ends. A content is {blob, size, picture or file}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack


def pack(kind: str, fields: Mapping[str, Any]) -> bytes:
    """One message."""
    frame = msgpack.packb({"t": kind, **fields})
    assert frame is not None
    return frame


def unpack(frame: bytes | memoryview) -> dict[str, Any]:
    """The map in a frame. Raises ValueError for anything else."""
    try:
        message = msgpack.unpackb(frame, max_ext_len=0)
    except (msgpack.exceptions.UnpackException, TypeError, RecursionError) as error:
        raise ValueError("not a message of the link") from error
    if not isinstance(message, dict) or not isinstance(message.get("t"), str):
        raise ValueError("not a message of the link")
    return message
