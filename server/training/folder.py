"""The pictures to learn from: a folder of class folders, or one flat folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.datasets.folder import IMG_EXTENSIONS

from ...shared.declaration import SettingError

# Each class needs this many pictures to learn from, or nothing is learned of it.
FEWEST = 8
# One picture in so many is held out, unless the folder says which are.
_HELD_OUT_ONE_IN = 8
# Pictures are kept this much larger than what the network is shown, so that random crops have something to crop.
_ROOM = 4 / 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Pictures in memory.

    pixels: Nx3xSxS uint8, sRGB. labels: N, the index of each one's class in ``classes``; -1 where there are no classes.
    held_out: N, true for those that are never learned from.
    skipped: the files that could not be read, each with the reason.
    digest: of the files' names and sizes: the same folder gives the same one.
    """

    pixels: Tensor
    labels: Tensor
    held_out: Tensor
    classes: tuple[str, ...]
    skipped: tuple[str, ...]
    digest: str


def read_folder(folder: Path, size: int, progress: Progress = lambda done, total: None) -> Pictures:
    """Read the pictures in ``folder``, for a network that is shown ``size`` pixels a side.

    ``folder`` holds class folders, or ``train`` and ``held-out``, which hold class folders, or pictures: then there
    are no classes yet. Pictures are cut to their middle square and made small; those that can't be read are skipped.
    Raises `SettingError` where there is nothing to learn from.
    """
    files = _find(folder)
    if not files:
        raise _nothing(folder, "There are no pictures in", "a folder of class folders with pictures in them")
    side = round(size * _ROOM)
    with ThreadPoolExecutor() as pool:
        read = []
        for done, picture in enumerate(pool.map(lambda file: _read(file.path, side), files), start=1):
            read.append(picture)
            progress(done, len(files))
    kept = [(file, picture) for file, picture in zip(files, read, strict=True) if isinstance(picture, np.ndarray)]
    skipped = [
        f"{file.path.relative_to(folder)}: {problem}"
        for file, problem in zip(files, read, strict=True)
        if isinstance(problem, str)
    ]
    if not kept:
        raise _nothing(folder, f"None of the {len(files)} pictures can be read in", "JPEG, PNG, TIFF or WebP pictures")
    classes = tuple(sorted({file.label for file, _ in kept if file.label}))
    pictures = Pictures(
        torch.from_numpy(np.stack([picture for _, picture in kept])),
        torch.tensor([classes.index(file.label) if file.label else -1 for file, _ in kept]),
        torch.tensor([file.held_out for file, _ in kept]),
        classes,
        tuple(skipped),
        _digest(folder, [file for file, _ in kept]),
    )
    _check(folder, pictures)
    return pictures


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    label: str
    held_out: bool


def _find(folder: Path) -> list[_File]:
    if not folder.is_dir():
        raise _nothing(folder, "There is no folder", "a folder of class folders with pictures in them")
    if (folder / "train").is_dir() and (folder / "held-out").is_dir():
        parts = [(folder / "train", False), (folder / "held-out", True)]
        return [_File(path, label, held_out) for part, held_out in parts for path, label in _labelled(part)]
    return [_File(path, label, _drawn_out(path.relative_to(folder))) for path, label in _labelled(folder)]


def _labelled(folder: Path) -> list[tuple[Path, str]]:
    """Every picture with the name of its class folder, or all of them without a name where there are none."""
    rooms = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    named = [(path, room.name) for room in rooms for path in sorted(room.rglob("*")) if _is_picture(path)]
    return named or [(path, "") for path in sorted(folder.iterdir()) if _is_picture(path)]


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in IMG_EXTENSIONS and path.is_file()


def _drawn_out(path: Path) -> bool:
    """By its name alone, so that adding pictures never moves one from one side to the other."""
    return int(hashlib.sha256(path.as_posix().encode()).hexdigest(), 16) % _HELD_OUT_ONE_IN == 0


def _read(path: Path, side: int) -> np.ndarray | str:
    """The middle square at ``side`` pixels, 3xSxS uint8; or what is wrong with the file."""
    try:
        with Image.open(path) as image:
            image.draft("RGB", (2 * side, 2 * side))
            upright = ImageOps.exif_transpose(image).convert("RGB")
        fitted = ImageOps.fit(upright, (side, side), Image.Resampling.LANCZOS)
        return np.ascontiguousarray(np.asarray(fitted).transpose(2, 0, 1))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return str(error) or type(error).__name__


def _check(folder: Path, pictures: Pictures) -> None:
    learned = pictures.labels[~pictures.held_out]
    if len(pictures.classes) == 1:
        raise _nothing(folder, f"All pictures are of one class ({pictures.classes[0]}) in", "two classes or more")
    if not pictures.classes:
        if len(learned) < 4 * FEWEST:
            raise _nothing(folder, f"Only {len(learned)} pictures to learn from are in", f"{4 * FEWEST} or more")
        return
    counts = torch.bincount(learned, minlength=len(pictures.classes))
    few = [f"{name} ({count})" for name, count in zip(pictures.classes, counts.tolist(), strict=True) if count < FEWEST]
    if few:
        more = f" and {len(few) - 5} more classes" if len(few) > 5 else ""
        problem = f"There are too few pictures of {', '.join(few[:5])}{more} in"
        raise _nothing(
            folder, problem, f"{FEWEST} pictures or more of each class, besides one in {_HELD_OUT_ONE_IN} held out"
        )
    if not pictures.held_out.any():
        raise _nothing(folder, "No picture is held out to test with in", "some pictures in held-out, or more of them")


def _nothing(folder: Path, problem: str, allowed: str) -> SettingError:
    return SettingError("folder", f"{problem} {folder}", allowed)


def _digest(folder: Path, files: list[_File]) -> str:
    about = "\n".join(f"{file.path.relative_to(folder).as_posix()} {file.path.stat().st_size}" for file in files)
    return hashlib.sha256(about.encode()).hexdigest()
