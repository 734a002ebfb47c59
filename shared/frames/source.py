"""Where a batch's pictures come from: files that are there, files that are still being rendered, one file for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from . import pieces
from .errors import FrameError
from .frame import FrameFile
from .pieces import Work


class Source(Protocol):
    """Numbered pictures.

    numbers: of all frames, rising, those to come included. step: by how much numbers rise from a frame to the next.
    ended: whether no further frame will come. folder: where the files lie, in which no result may go; None for none.
    """

    @property
    def numbers(self) -> Sequence[int]: ...  # noqa: D102

    @property
    def step(self) -> int: ...  # noqa: D102

    @property
    def ended(self) -> bool: ...  # noqa: D102

    @property
    def folder(self) -> Path | None: ...  # noqa: D102

    def has(self, number: int) -> bool:
        """Whether the frame is there now."""
        ...

    def stamp(self, number: int) -> str:
        """What changes when the frame does, and costs little to know. Raises `FrameError`."""
        ...

    def read(self, number: int) -> Work[FrameFile]:
        """The frame, as the bytes of a file. Raises `FrameError`."""
        ...


class Files:
    """A sequence that lies on disk."""

    ended = True

    def __init__(self, files: Mapping[int, Path], step: int | None = None) -> None:
        """``step``: by how much numbers rise from a frame to the next; None: as little as they ever do."""
        self._files = dict(sorted(files.items()))
        self.numbers: Sequence[int] = list(self._files)
        gaps = [after - before for before, after in zip(self.numbers, self.numbers[1:], strict=False)]
        self.step = step or min(gaps, default=1)
        self.folder = self._files[self.numbers[0]].parent if self._files else None

    def has(self, number: int) -> bool:
        """Whether there is such a frame."""
        return number in self._files

    def stamp(self, number: int) -> str:
        """The file's name, size and time."""
        return _stamp(self._path(number))

    def read(self, number: int) -> Work[FrameFile]:
        """The file's bytes."""
        return _read(self._path(number))

    def _path(self, number: int) -> Path:
        if number not in self._files:
            raise FrameError(f"There is no picture for frame {number}", "Add it, and run the same again.")
        return self._files[number]


class Growing(Files):
    """A sequence that is being rendered: frames are offered as they are finished."""

    def __init__(self, numbers: Sequence[int], step: int = 1, folder: Path | None = None) -> None:
        """``numbers``: of the frames to come. ``folder``: where their files will lie."""
        super().__init__({}, step)
        self.numbers, self.folder, self.ended = list(numbers), folder, False

    def offer(self, number: int, path: Path) -> None:
        """A frame is there, and whole."""
        self._files[number] = path

    def end(self) -> None:
        """No further frame will come; those not offered by now are missing."""
        self.ended = True


class OneFile:
    """The same file for every frame."""

    ended, step, folder = True, 1, None
    numbers: Sequence[int] = ()

    def __init__(self, path: Path) -> None:
        self._path = path

    def has(self, number: int) -> bool:
        """Always."""
        return True

    def stamp(self, number: int) -> str:
        """The file's name, size and time."""
        return _stamp(self._path)

    def read(self, number: int) -> Work[FrameFile]:
        """The file's bytes."""
        return _read(self._path)


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        raise _unread(path, error) from error
    return f"{path.name} {status.st_size} {status.st_mtime_ns}"


def _read(path: Path) -> Work[FrameFile]:
    try:
        data = yield from pieces.read(path)
    except OSError as error:
        raise _unread(path, error) from error
    return FrameFile(path.suffix.lower(), data)


def _unread(path: Path, error: OSError) -> FrameError:
    return FrameError(
        f"{path.name} can't be read: {error.strerror or error}", "Put that right, and run the same again."
    )
