"""A film's folder: its frames, and what it takes to go on with a film that was stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...shared.picture import Picture, PictureInfo
from ..media.convert import convert
from ..media.errors import MediaError, ReadError
from ..media.files import write_picture
from ..media.formats import format_of

_RECORD = "film.json"


class FilmError(MediaError, ValueError):
    """The folder can't take this film."""


class Folder:
    """The frames of one film in ``path``: ``0001.png`` and so on, numbered as Blender does.

    ``film.json`` beside them tells what the film is made of. While the film is unfinished, ``last-0012.npy`` holds its
    last frame to the last bit, which a PNG does not. At whatever moment a film is stopped, the folder holds what is
    needed to go on.

    path, done, finished: the folder, how many frames there are, and whether no more will follow.
    """

    def __init__(self, path: Path, suffix: str, made_of: Mapping[str, Any]) -> None:
        """Open the folder, which need not exist. Raises `FilmError` when it holds frames that are not of this film.

        made_of: everything that the frames depend on, by name, as JSON can hold it.
        """
        self.path = path
        self._suffix = suffix
        self._made_of = dict(made_of)
        if path.is_file():
            raise FilmError(f"{path} is a file", "Give a folder for the frames, which need not exist.")
        record = _read(path)
        if record is None and any(path.glob(f"[0-9]*{suffix}")):
            raise FilmError(f"{path} holds frames already, and not of a film made here", "Give another folder.")
        self.finished = record is not None and record["finished"] > 0
        self.done = record["finished"] or _last_number(path) if record else 0
        if record and self.done:
            self._compare(record["made_of"])

    def last(self, form: PictureInfo) -> Picture:
        """The last frame exactly as `add` was given it, which was in ``form``. Raises `ReadError`."""
        path = self._last(self.done)
        try:
            return Picture(form, np.load(path, allow_pickle=False))
        except (OSError, ValueError) as error:
            raise ReadError(f"{path} is damaged", "With --force the film begins anew.") from error

    def add(self, picture: Picture, form: PictureInfo, settings: Mapping[str, Any]) -> None:
        """Keep the next frame: converted to ``form`` in its file, with the settings of its dream, and exactly.

        Raises `WriteError`.
        """
        number = self.done + 1
        if number == 1:
            self.path.mkdir(parents=True, exist_ok=True)
            self._write(finished=0)
        write_picture(self._frame(number), convert(picture, form), record=dict(settings))
        # Only now: if the film is stopped in between, this frame is dreamed once more, and comes out the same.
        part = self._last(number).with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, picture.pixels)
        part.replace(self._last(number))
        self._last(number - 1).unlink(missing_ok=True)
        self.done = number

    def finish(self) -> None:
        """Note that the film is whole; the exact last frame is given up."""
        self._write(finished=self.done)
        self._last(self.done).unlink(missing_ok=True)
        self.finished = True

    def _compare(self, before: Mapping[str, Any]) -> None:
        names = [name for name in {**before, **self._made_of} if before.get(name) != self._made_of.get(name)]
        if names:
            raise FilmError(
                f"{self.path} holds {self.done} frames of a film that differs in {', '.join(names)}",
                "Give another folder, or --force to begin this film anew in place of that one.",
            )
        frames = (self._frame(number) for number in range(1, self.done + 1))
        missing = next((frame for frame in frames if not frame.is_file()), None)
        if missing:
            raise FilmError(f"{missing} is missing", "Put it back, or give --force to begin the film anew.")

    def _frame(self, number: int) -> Path:
        return frame_file(self.path, number, self._suffix)

    def _last(self, number: int) -> Path:
        return self.path / f"last-{number:04}.npy"

    def _write(self, finished: int) -> None:
        record = {"made_of": self._made_of, "suffix": self._suffix, "finished": finished}
        part = self.path / f"{_RECORD}.part"
        part.write_text(json.dumps(record, indent=2), encoding="utf-8")
        part.replace(self.path / _RECORD)


def clear(path: Path) -> None:
    """Remove the film in the folder ``path``, if there is one, and nothing else."""
    record = _read(path)
    if record is None:
        return
    done = record["finished"] or _last_number(path)
    # A film that was stopped may have one frame more than it knows of.
    for number in range(1, done + 2):
        frame_file(path, number, record["suffix"]).unlink(missing_ok=True)
    for file in (*path.glob("last-*.npy"), *path.glob("last-*.part"), path / _RECORD):
        file.unlink()


def frame_file(folder: Path, number: int, suffix: str) -> Path:
    """Where a frame of a film in ``folder`` lies."""
    return folder / f"{number:04}{suffix}"


def frame_form(info: PictureInfo, suffix: str) -> PictureInfo:
    """The form of the frames of a film made from a picture in the form ``info``."""
    return format_of(Path(f"frame{suffix}")).form(info)


def _read(path: Path) -> dict[str, Any] | None:
    file = path / _RECORD
    if not file.is_file():
        return None
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        return {key: record[key] for key in ("made_of", "suffix", "finished")}
    except (ValueError, KeyError, TypeError) as error:
        raise FilmError(f"{file} is damaged", "Give another folder, or remove what is in this one.") from error


def _last_number(path: Path) -> int:
    return max((int(file.stem.removeprefix("last-")) for file in path.glob("last-*.npy")), default=0)
