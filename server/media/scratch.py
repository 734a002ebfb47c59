"""Bytes as files, for libraries that read and write only those."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import WriteError


@contextmanager
def scratch_file(name: str, data: bytes | memoryview | None = None) -> Iterator[Path]:
    """A file of that name in a folder of its own, which holds ``data``, or is to be written; gone in the end.

    Raises `WriteError`.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="reverie-") as folder:
            path = Path(folder) / name
            if data is not None:
                path.write_bytes(data)
            yield path
    except OSError as error:
        # What is written and read inside comes by libraries, which tell of their troubles in words of their own.
        where = tempfile.gettempdir()
        raise WriteError(f"{where} has no place for a frame: {error.strerror}", "Free space there.") from error
