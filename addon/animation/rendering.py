"""Renders an animation as Blender does, and says of each frame when it is there.

The frames are Blender's own files, in the artist's format, with the view transform, the compositor and all: what is
dreamed is what the artist sees. Motion, depth and objects are written beside them, as a multilayer EXR of the same
frame; a render that is a multilayer EXR itself has them already. Formats that the dream server doesn't read, and
films, which are no frames, are given frames as PNG.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy.types import ImageFormatSettings, Scene

from .. import versions
from ..problems import Problem
from .files import Frames

# The formats whose files are dreamed as they are, with the suffix of their dreams.
_FORMATS = {"PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "OPEN_EXR": ".exr", "OPEN_EXR_MULTILAYER": ".exr"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """The files of a rendered frame. passes: the multilayer EXR beside it, where there is one."""

    number: int
    picture: Path
    passes: Path | None


class Rendering:
    """One render of a scene's animation: which files it writes, and which frames are there.

    kind: the suffix of the dreams. has_passes: whether files with passes are written beside the frames.
    """

    def __init__(self, scene: Scene, frames: Frames, work: Path, needs_passes: bool) -> None:
        """``work``: the folder of what is written beside the frames. Changes nothing. Raises `Problem`."""
        if scene.camera is None and not any(marker.camera for marker in scene.timeline_markers):
            raise Problem("The scene has no camera.", "Add one.")
        file_format = scene.render.image_settings.file_format
        self.numbers = list(frames.paths)
        self.folder = frames.folder
        self.kind = _FORMATS.get(file_format, ".png")
        self.has_passes = needs_passes and file_format != "OPEN_EXR_MULTILAYER"
        self._own_frames = file_format not in _FORMATS
        self._frames, self._work = frames, work
        self._note = work / f"rendered {self.numbers[0]}-{self.numbers[-1]}.txt"

    def files(self, number: int) -> Rendered:
        """Where the files of a frame are, or will be."""
        picture = self._frames.paths[number]
        if self._own_frames:
            picture = self._work / self._frames.pattern.with_suffix(".png").name(number)
        return Rendered(number, picture, self._work / f"{picture.stem}.exr" if self.has_passes else None)

    def finished(self) -> list[Rendered]:
        """The frames that an earlier run, ended before its time, has rendered whole."""
        noted = {number for note in notes(self._work) for number in _numbers(note)}
        found = [self.files(number) for number in self.numbers if number in noted]
        return [files for files in found if files.picture.is_file() and (not files.passes or files.passes.is_file())]

    def spared(self) -> list[Rendered]:
        """The frames that Blender will not render, since they are there and may not be replaced. Raises `Problem`."""
        there = [self.files(number) for number, path in self._frames.paths.items() if path.is_file()]
        bare = [files for files in there if files.passes and not files.passes.is_file()]
        if bare or (there and self._own_frames):
            raise Problem(
                f"Overwrite is off, and {len(there)} frames are there without what belongs beside them.",
                "Switch Overwrite on in the output settings, or dream the files on disk.",
            )
        return there

    def make_way(self) -> None:
        """Before going on where an earlier run ended: remove the files of frames that it hasn't rendered whole."""
        whole = {files.number for files in self.finished()}
        for number, path in self._frames.paths.items():
            if number not in whole:
                path.unlink(missing_ok=True)

    def begin_anew(self) -> None:
        """Forget what an earlier run has left, if it left anything."""
        shutil.rmtree(self._work, ignore_errors=True)

    def written(self, scene: Scene) -> Rendered:
        """Blender has written a frame: write what belongs beside it. Raises `Problem`."""
        files = self.files(scene.frame_current)
        try:
            self._work.mkdir(parents=True, exist_ok=True)
            if self._own_frames:
                _save(scene, files.picture, _as_png)
            if files.passes:
                _save(scene, files.passes, _as_passes)
            with self._note.open("a", encoding="ascii") as note:
                note.write(f"{files.number}\n")
        except (OSError, RuntimeError) as error:
            raise Problem(
                f"What belongs beside frame {files.number} could not be written: {error}.",
                "Make room on the disk, or choose another folder, and dream again: it goes on from there.",
            ) from None
        return files

    def tidy(self, keep_passes: bool) -> None:
        """All is dreamed: remove what was only written for that."""
        for note in notes(self._work):
            if set(_numbers(note)) <= set(self.numbers):
                note.unlink(missing_ok=True)
        for number in self.numbers:
            files = self.files(number)
            if self._own_frames:
                files.picture.unlink(missing_ok=True)
            if files.passes and not keep_passes:
                files.passes.unlink(missing_ok=True)
        if self._work.is_dir() and not any(self._work.iterdir()):
            self._work.rmdir()


def notes(work: Path) -> list[Path]:
    """The notes of unfinished runs: each holds the numbers of the frames that one has rendered whole."""
    return list(work.glob("rendered *.txt"))


def _numbers(note: Path) -> list[int]:
    # The last line may have been cut off, and a number with it.
    lines = note.read_text(encoding="ascii", errors="replace").split("\n")[:-1]
    return [int(line) for line in lines if line.removeprefix("-").isdigit()]


def _save(scene: Scene, path: Path, choose: Callable[[ImageFormatSettings], None]) -> None:
    """Write the frame that was just rendered in another format than the artist's."""
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    with _format(scene, choose):
        bpy.data.images["Render Result"].save_render(str(part), scene=scene)
    part.replace(path)


def _as_passes(settings: ImageFormatSettings) -> None:
    versions.set_format(settings, "OPEN_EXR_MULTILAYER")
    settings.color_depth = "32"  # Cryptomatte is bits of floats.
    settings.exr_codec = "ZIP"


def _as_png(settings: ImageFormatSettings) -> None:
    deep = settings.color_depth not in ("8", "")
    versions.set_format(settings, "PNG")
    settings.color_depth = "16" if deep else "8"


@contextmanager
def _format(scene: Scene, choose: Callable[[ImageFormatSettings], None]) -> Any:
    """The scene's format for the length of one call: nobody else sees it, and nothing can save it."""
    settings = scene.render.image_settings
    names = [each.identifier for each in settings.bl_rna.properties if not each.is_readonly and each.type != "POINTER"]
    before = {name: getattr(settings, name) for name in names}
    try:
        choose(settings)
        yield
    finally:
        # These decide what the others may be.
        first = [name for name in ("media_type", "file_format", "color_mode") if name in before]
        for name in [*first, *names]:
            if getattr(settings, name) != before[name]:
                setattr(settings, name, before[name])
