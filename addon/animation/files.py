"""Where a scene's frames lie, and what they are called."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Scene

from ..problems import Problem

# Holds the numbers of the frames that an unfinished run has rendered.
NOTE = "rendered.txt"


@dataclass(frozen=True, slots=True)
class Naming:
    """The name of a frame's file: what stands before its number, how many digits that has, and what stands after."""

    before: str
    digits: int
    after: str

    def __call__(self, number: int) -> str:
        """The name of one frame's file."""
        return f"{self.before}{number:0{self.digits}}{self.after}"

    def with_suffix(self, suffix: str) -> Naming:
        """The same for files of another format."""
        return dataclasses.replace(self, after=Path(f"_{self.after}").stem[1:] + suffix)


@dataclass(frozen=True, slots=True)
class Frames:
    """A sequence of files, there or to come. step: by how much numbers rise from a frame to the next."""

    folder: Path
    naming: Naming
    paths: Mapping[int, Path]
    step: int

    def there(self) -> dict[int, Path]:
        """Those that are there."""
        return {number: path for number, path in self.paths.items() if path.is_file()}


def of_scene(scene: Scene) -> Frames:
    """The frames that rendering ``scene`` writes. Raises `Problem` where they can't be found again."""
    _check(scene)
    numbers = range(scene.frame_start, scene.frame_end + 1, scene.frame_step)
    naming = _naming(scene)
    folder = Path(_path(scene, scene.frame_start)).parent
    return Frames(folder, naming, {number: folder / naming(number) for number in numbers}, scene.frame_step)


def on_disk(first: str) -> Frames:
    """The numbered sequence that a file belongs to, or that a folder holds. Raises `Problem`."""
    raise NotImplementedError


def _check(scene: Scene) -> None:
    render = scene.render
    if scene.library:
        raise Problem(f"The scene “{scene.name}” is linked from another file.", "Open that file and dream there.")
    if render.use_multiview:
        raise Problem("Stereoscopy is on, and one eye's frames alone can't be told apart.", "Switch Stereoscopy off.")
    if not render.use_file_extension:
        raise Problem("File Extensions are off in the output settings.", "Switch them on, so that formats are known.")
    if not render.filepath:
        raise Problem("The scene has no output path.", "Choose one in the output settings.")
    if render.filepath.startswith("//") and not bpy.data.filepath:
        raise Problem("The output path lies beside the file, which is not saved yet.", "Save it first.")


def _naming(scene: Scene) -> Naming:
    """Read off the names that Blender gives: the number stands where they differ."""
    if scene.render.is_movie_format:
        # A film's name tells its range: its frames are called as those of pictures would be.
        name = Path(bpy.path.abspath(scene.render.filepath) + "#").name.rstrip("#")
        return Naming(Path(name).stem if Path(name).suffix in (".mp4", ".mkv", ".avi", ".mov") else name, 4, "")
    zero = Path(_path(scene, 0)).name
    one = Path(_path(scene, 1)).name
    last = next(index for index, (a, b) in enumerate(zip(zero, one, strict=True)) if a != b)
    digits = 1
    while digits <= last and len(name := Path(_path(scene, 10**digits)).name) == len(zero) and name[last] == "0":
        digits += 1
    return Naming(zero[: last + 1 - digits], digits, zero[last + 1 :])


def _path(scene: Scene, number: int) -> str:
    return bpy.path.abspath(scene.render.frame_path(frame=number))
