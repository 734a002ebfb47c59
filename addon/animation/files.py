"""Where a scene's frames lie, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Scene

from ...shared.frames.errors import BatchError
from ...shared.frames.numbering import Pattern, find_sequence
from ..problems import Problem


@dataclass(frozen=True, slots=True)
class Frames:
    """A sequence of files, there or to come. step: by how much numbers rise from a frame to the next."""

    folder: Path
    pattern: Pattern
    paths: Mapping[int, Path]
    step: int

    def there(self) -> dict[int, Path]:
        """Those that are there."""
        return {number: path for number, path in self.paths.items() if path.is_file()}


def of_scene(scene: Scene) -> Frames:
    """The frames that rendering ``scene`` writes. Raises `Problem` where they can't be found again."""
    _check(scene)
    numbers = range(scene.frame_start, scene.frame_end + 1, scene.frame_step)
    pattern = _pattern(scene)
    folder = Path(_path(scene, scene.frame_start)).parent
    return Frames(folder, pattern, {number: folder / pattern.name(number) for number in numbers}, scene.frame_step)


def on_disk(first: str) -> Frames:
    """The numbered sequence that a file belongs to, or that a folder holds. Raises `Problem`."""
    try:
        found = find_sequence(Path(bpy.path.abspath(first)))
    except BatchError as error:
        raise Problem(f"{error}.", error.hint) from None
    except OSError as error:
        raise Problem(f"{first} can't be read: {error.strerror}.", "Choose other files.") from None
    return Frames(next(iter(found.files.values())).parent, found.pattern, found.files, found.step)


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


def _pattern(scene: Scene) -> Pattern:
    """Read off the names that Blender gives: the number stands where they differ."""
    if scene.render.is_movie_format:
        # A film's name tells its range: its frames are called as those of pictures would be.
        name = Path(bpy.path.abspath(scene.render.filepath) + "#").name.rstrip("#")
        return Pattern(name.removesuffix(Path(_path(scene, 0)).suffix), 4, "")
    zero, one = (Path(_path(scene, number)).name for number in (0, 1))
    last = next(index for index, (a, b) in enumerate(zip(zero, one, strict=True)) if a != b)
    digits = 1
    while digits <= last and len(name := Path(_path(scene, 10**digits)).name) == len(zero) and name[last] == "0":
        digits += 1
    return Pattern(zero[: last + 1 - digits], digits, zero[last + 1 :])


def _path(scene: Scene, number: int) -> str:
    return bpy.path.abspath(scene.render.frame_path(frame=number))
