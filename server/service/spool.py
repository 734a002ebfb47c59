"""The spool: one file for each blob, ``.part`` while it is received or written, renamed once it is whole.

A blob being received carries behind its pixels one record for each chunk, written after the chunk itself: a mark and
the chunk's crc32. So an upload cut off at any instant, by a crash or by the power, goes on where it stopped: chunks
whose bytes agree with their record are kept, the rest are sent again. The crc32s of a whole blob are kept in the
ledger, and what has rotted on the disk since is found when it is read.
"""

from __future__ import annotations

import contextlib
import errno
import io
import mmap
import os
import shutil
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...shared.wire.blobs import CHUNK, Bitmap

_RECORD = struct.Struct("<II")
_HERE = 0x48455245


class Rotten(Exception):
    """A blob on the disk is not what was written there. ``blob``: which."""

    def __init__(self, blob: bytes) -> None:
        super().__init__(f"blob {blob.hex()} has rotted on the disk")
        self.blob = blob


def checksums(data: memoryview) -> bytes:
    """The crc32 of each chunk of a blob, four bytes each, the lowest first."""
    starts = range(0, len(data), CHUNK)
    return struct.pack(f"<{len(starts)}I", *(zlib.crc32(data[start : start + CHUNK]) for start in starts))


def checksum(packed: bytes, index: int) -> int | None:
    """That of chunk ``index``; None where there are none."""
    return struct.unpack_from("<I", packed, 4 * index)[0] if packed else None


class Spool:
    """The files of all blobs, under ``folder``. Ids are 16 bytes; file names are their hex digits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, blob: bytes) -> Path:
        """Where a complete blob lies."""
        return self.folder / blob.hex()

    def part(self, blob: bytes) -> Path:
        """Where an unfinished blob lies."""
        return self.folder / f"{blob.hex()}.part"

    def free(self) -> int:
        """Bytes free on the spool's disk."""
        return shutil.disk_usage(self.folder).free

    def size(self, blob: bytes) -> int | None:
        """Bytes of a complete blob; None where there is none."""
        path = self.path(blob)
        return path.stat().st_size if path.is_file() else None

    def receive(self, blob: bytes, size: int) -> Incoming:
        """Begin or go on receiving a blob of ``size`` bytes."""
        return Incoming(self.part(blob), self.path(blob), size)

    def map(self, blob: bytes) -> memoryview:
        """A complete blob's bytes, read-only, without reading them. Raises `FileNotFoundError`."""
        with self.path(blob).open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def check(self, known: Mapping[bytes, bytes]) -> None:
        """Compare blobs with their `checksums`, b"" where these are not known. Slow. Raises `Rotten`."""
        for blob, sums in known.items():
            try:
                agrees = sums in (b"", checksums(self.map(blob)))
            except (OSError, ValueError):  # it is not there, or empty
                agrees = False
            if not agrees:
                raise Rotten(blob)

    def write(self, blob: bytes, data: memoryview) -> None:
        """Write a whole blob; it appears under its own name only when it is whole.

        It is not waited for until it is on disk, for the device would wait along: that is for `settle`.
        """
        part = self.part(blob)
        part.write_bytes(data)
        part.replace(self.path(blob))

    def settle(self, blobs: Iterable[bytes]) -> dict[bytes, bytes]:
        """Make written blobs durable; returns their `checksums`. Slow: for a thread of its own. Raises OSError."""
        sums = {}
        for blob in blobs:
            with self.path(blob).open("rb") as file:
                os.fsync(file.fileno())
            sums[blob] = checksums(self.map(blob))
        _settle_names(self.folder)
        return sums

    def remove(self, blob: bytes) -> None:
        """Delete a blob, finished or not."""
        for file in (self.path(blob), self.part(blob)):
            # Windows keeps what is still mapped; the next sweep gets it.
            with contextlib.suppress(PermissionError):
                file.unlink(missing_ok=True)

    def sweep(self, known: Iterable[bytes]) -> None:
        """Delete every file that belongs to no blob in ``known``."""
        names = {blob.hex() for blob in known}
        for file in self.folder.iterdir():
            if file.name.removesuffix(".part") not in names:
                file.unlink(missing_ok=True)


class Incoming:
    """A blob being received: its chunks in any order, any of them any number of times.

    No file stays open between chunks, so any number of uploads may be left lying half done.
    """

    def __init__(self, part: Path, path: Path, size: int) -> None:
        """``size``: bytes in all. Chunks that an earlier run left whole in ``part`` are kept."""
        self.size = size
        self.have = Bitmap(size)
        # Indices of chunks that are being written just now.
        self.under_way: set[int] = set()
        self._crcs = [0] * self.have.count
        self._part, self._path = part, path
        found = part.stat().st_size if part.exists() else 0
        if found == size:
            self._record_all()
            return
        with part.open("ab") as file:
            file.truncate(size + self.have.count * _RECORD.size)
        if found:
            self._take_stock()

    @property
    def outstanding(self) -> int:
        """Bytes still to come, the last chunk counted as a whole one."""
        return (self.have.count - self.have.present) * CHUNK

    @property
    def checksums(self) -> bytes:
        """Those of its chunks, once it is full, as the function of that name packs them."""
        return struct.pack(f"<{len(self._crcs)}I", *self._crcs)

    def write(self, index: int, data: memoryview, crc: int) -> None:
        """Write chunk ``index``, checked before, whose crc32 is ``crc``, on any thread, but each chunk on one at a
        time. It is not in `have` before the caller puts it there. Raises OSError when the disk is full.
        """
        # Seek and write, not a map: a full disk is then an error, not the end of the process.
        with self._part.open("r+b", buffering=0) as file:
            _write(file, index * CHUNK, data)
            _write(file, self._record_at(index), _RECORD.pack(_HERE, crc))
        self._crcs[index] = crc

    def settle(self) -> None:
        """Make the finished blob durable and give it its name. Slow: for a thread of its own."""
        with self._part.open("r+b") as file:
            os.fsync(file.fileno())
            # Only now: a file without its records is one whose pixels are all on the disk.
            file.truncate(self.size)
            os.fsync(file.fileno())
        self._part.replace(self._path)
        _settle_names(self._path.parent)

    def _record_at(self, index: int) -> int:
        return self.size + index * _RECORD.size

    def _record_all(self) -> None:
        """Of a blob that the last server was just about to give its name: its records, as they were, at one stroke."""
        with self._part.open("r+b", buffering=0) as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
                self._crcs = list(struct.unpack(f"<{self.have.count}I", checksums(memoryview(held))))
            _write(file, self.size, b"".join(_RECORD.pack(_HERE, crc) for crc in self._crcs))
        for index in range(self.have.count):
            self.have.add(index)

    def _take_stock(self) -> None:
        with self._part.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
            for index in range(self.have.count):
                mark, crc = _RECORD.unpack_from(held, self._record_at(index))
                start = index * CHUNK
                if mark == _HERE and crc == zlib.crc32(held[start : min(start + CHUNK, self.size)]):
                    self._crcs[index] = crc
                    self.have.add(index)


def _settle_names(folder: Path) -> None:
    """Make what stands in a folder durable; Windows does so by itself, and has no way to ask for it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write(file: io.RawIOBase, at: int, data: memoryview | bytes) -> None:
    file.seek(at)
    if file.write(data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
