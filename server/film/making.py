"""Making a film: from files to files, and on from where it was stopped."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from ...shared.film import Film
from ..media.files import read_picture
from ..still import NetworkLoader
from .folder import FilmError, Folder, clear, frame_file, frame_form
from .zoom import Frame, Script, film_frames, grey, opening

# A film that ran out of memory goes on in smaller tiles.
_ROOM = ("tile", "memory")


@dataclass(frozen=True, slots=True)
class Job:
    """A film to be made.

    source: the picture it starts from; None for none, where the dream's Start is some kind of noise.
    folder: where the frames go. suffix: ".png" or ".exr". guide, mask: as `dream_picture` takes them.
    """

    source: Path | None
    folder: Path
    suffix: str
    film: Film
    script: Script
    guide: Path | None = None
    mask: Path | None = None

    def made_of(self) -> dict[str, object]:
        """All that the frames depend on, by name: not how many there are, nor what the machine has room for."""
        film = self.film
        beginning = _digest(self.source) if self.source else f"noise, {film.width} × {film.height}"
        others = {"guide": _digest(self.guide), "mask": _digest(self.mask)}
        settings = {name: value for name, value in self.script.record().items() if name not in _ROOM}
        return {"IN": beginning, **others, **settings, "format": self.suffix}


@dataclass(frozen=True, slots=True)
class FilmProgress:
    """Where a film stands: whole frames, the share done of the next one, and the seconds that the rest will take."""

    frames: int
    share: float
    seconds_left: float | None


def make_film(job: Job, networks: NetworkLoader, device: torch.device, *, anew: bool = False) -> Iterator[FilmProgress]:
    """Dream the frames that are missing; the caller stops by asking for no more, and may go on another day.

    anew: begin again, in place of the film that is in the folder. Raises `FilmError`, `MediaError`, `SettingError`.
    """
    source = grey(job.film) if job.source is None else read_picture(job.source)
    guide, mask = (read_picture(path) if path else None for path in (job.guide, job.mask))
    if anew:
        clear(job.folder)
    folder = Folder(job.folder, job.suffix, job.made_of())
    if folder.finished:
        _check_length(folder, job.film)
        return
    form, first = frame_form(source.info, job.suffix), opening(source)
    picture = folder.last(first.info) if folder.done else first
    watch = _Watch(folder.done, job.film.frames)
    yield watch.progress(folder.done, 0.0)
    if folder.done < job.film.frames:
        for event in film_frames(picture, job.script, networks, device, done=folder.done, guide=guide, mask=mask):
            if isinstance(event, Frame):
                folder.add(event.picture, form, job.script.dream(event.number).record())
                yield watch.progress(folder.done, 0.0)
                if folder.done == job.film.frames:
                    break
            else:
                yield watch.progress(folder.done, event.step / event.steps)
    folder.finish()


def frame_files(job: Job) -> list[Path]:
    """The frames of a film that has been made."""
    return [frame_file(job.folder, number, job.suffix) for number in range(1, job.film.frames + 1)]


class _Watch:
    """Estimates the seconds left from those that the frames of this run have taken."""

    def __init__(self, done: int, frames: int) -> None:
        self._before, self._frames = done, frames
        self._began = time.monotonic()

    def progress(self, done: int, share: float) -> FilmProgress:
        made, left = done + share - self._before, self._frames - done - share
        seconds = time.monotonic() - self._began
        return FilmProgress(done, share, seconds / made * left if made > 0 else None)


def _check_length(folder: Folder, film: Film) -> None:
    if folder.done < film.frames:
        raise FilmError(
            f"The film in {folder.path} is finished with {folder.done} frames, and would not go on without a break",
            "Give another folder, or --force to begin it anew.",
        )


def _digest(path: Path | None) -> str | None:
    return None if path is None else hashlib.sha256(path.read_bytes()).hexdigest()
