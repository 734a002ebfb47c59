"""Bytes as files, for libraries that read and write only those."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import WriteError


@contextmanager
def scratch_file(suffix: str, data: bytes | memoryview | None = None) -> Iterator[Path]:
    """A file that holds ``data``, or is to be written; gone in the end. Raises `WriteError`."""
    try:
        with tempfile.NamedTemporaryFile(prefix="reverie-", suffix=suffix, delete=False) as file:
            if data is not None:
                file.write(data)
    except OSError as error:
        where = tempfile.gettempdir()
        raise WriteError(f"{where} has no place for a frame: {error.strerror}", "Free space there.") from error
    path = Path(file.name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
