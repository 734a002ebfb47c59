"""Which files are the frames of a sequence: numbers in names, as Blender and other programs write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from .errors import BatchError

# What frames are kept in, one file each, and what holds all of them.
PICTURES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr"))
VIDEOS = frozenset((".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mxf", ".ogv"))

# The last digits before the suffix; a minus is a sign where nothing or a separator stands before it.
_NUMBER = re.compile(r"(?P<before>.*?)(?P<sign>(?:(?<=[_. ])|(?<![^/]))-)?(?P<digits>[0-9]+)(?P<after>[^0-9]*)", re.S)
_HASHES = re.compile(r"#+")
_PRINTF = re.compile(r"%0?([0-9]*)d")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Names of numbered files. digits: how many a number has at least, zeros in front; its sign comes besides."""

    before: str
    digits: int
    after: str

    def name(self, number: int) -> str:
        """The name of the file of that number."""
        sign = "-" if number < 0 else ""
        return f"{self.before}{sign}{abs(number):0{self.digits}d}{self.after}"

    def number(self, name: str) -> int | None:
        """The number that a name tells; None where it is another pattern's."""
        inner = self._inner(name)
        if not re.fullmatch(r"-?[0-9]+", inner):
            return None
        number = int(inner)
        return number if self.name(number) == name else None

    def with_suffix(self, suffix: str) -> Pattern:
        """The same names with another suffix."""
        return Pattern(self.before, self.digits, str(Path(f"x{self.after}").with_suffix(suffix))[1:])

    def shortest(self, names: Iterable[str]) -> Pattern:
        """The same for numbers without zeros in front: they have at least as many digits as the shortest of these."""
        return Pattern(self.before, min(len(self._inner(name).lstrip("-")) for name in names), self.after)

    def _inner(self, name: str) -> str:
        return name[len(self.before) : len(name) - len(self.after)]

    def __str__(self) -> str:
        return f"{self.before}{'#' * self.digits}{self.after}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """Frames on disk. files: by their numbers, rising. step: from a number to the next, the smallest there is."""

    pattern: Pattern
    files: dict[int, Path] = field(repr=False)

    @property
    def step(self) -> int:
        """By how much numbers rise from a frame to the next: the smallest difference there is."""
        numbers = list(self.files)
        return min((after - before for before, after in pairwise(numbers)), default=1)

    @property
    def missing(self) -> list[int]:
        """The numbers between the first and the last that have no file."""
        numbers = list(self.files)
        return [number for number in range(numbers[0], numbers[-1], self.step) if number not in self.files]


def is_video(path: Path) -> bool:
    """Whether the name is that of a video."""
    return path.suffix.lower() in VIDEOS


def find_sequence(where: Path) -> Sequence:
    """The one sequence at ``where``: its folder, one of its files, or a pattern for the last part of the path.

    Patterns: ``shot_####.exr`` or ``shot_%04d.exr``, with as many digits as numbers have at least, or
    ``shot_*.exr``. Raises `BatchError` when there is none, or more than one, and `OSError` when the folder can't be
    read.
    """
    pattern = None if where.exists() else _pattern(where.name)
    if pattern is not None:
        return _sequence(pattern, _names(where.parent), where.parent)
    if where.is_dir():
        return _only(_groups(_names(where)), where, f"{where} holds no picture with a number in its name")
    if "*" in where.name and not where.exists():
        names = [name for name in _names(where.parent) if Path(name).match(where.name)]
        return _only(_groups(names), where.parent, f"No picture with a number in its name is called {where}")
    if not where.is_file():
        raise BatchError(f"{where} does not exist", "Give a folder, one of its frames, or a pattern as shot_####.exr.")
    return _of_file(where)


def _of_file(path: Path) -> Sequence:
    if path.suffix.lower() not in PICTURES:
        raise BatchError(f"{path.name} is no picture known here", f"Known are {', '.join(sorted(PICTURES))}.")
    for pattern, names in _groups(_names(path.parent)).items():
        if path.name in names:
            return _sequence(pattern, names, path.parent)
    raise BatchError(f"{path.name} has no number in its name", "Frames are numbered, as in shot_0001.exr.")


def _pattern(name: str) -> Pattern | None:
    hashes = list(_HASHES.finditer(name))
    # Where a name has several runs of them, the last is the number.
    if hashes:
        found = hashes[-1]
        return Pattern(name[: found.start()], len(found[0]), name[found.end() :])
    printf = _PRINTF.search(name)
    return Pattern(name[: printf.start()], int(printf[1] or 1), name[printf.end() :]) if printf else None


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise BatchError(f"The folder {folder} does not exist", "Give one that holds frames.")
    names = (path.name for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    return [name for name in names if not name.startswith(".")]


def _groups(names: Iterable[str]) -> dict[Pattern, list[str]]:
    """Names by their patterns; those without a number are left out."""
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name in names:
        suffix = Path(name).suffix
        found = _NUMBER.fullmatch(name.removesuffix(suffix))
        if found:
            alike.setdefault((found["before"], found["after"] + suffix), []).append((found["digits"], name))
    groups: dict[Pattern, list[str]] = {}
    for (before, after), members in alike.items():
        padded = {len(digits) for digits, _ in members if digits[0] == "0" and len(digits) > 1}
        for digits, name in members:
            # A number without a zero in front fits the padding of shorter ones.
            own = len(digits) if len(digits) in padded else max((n for n in padded if n < len(digits)), default=0)
            groups.setdefault(Pattern(before, own, after), []).append(name)
    return {pattern if pattern.digits else pattern.shortest(names): names for pattern, names in groups.items()}


def _sequence(pattern: Pattern, names: Iterable[str], folder: Path) -> Sequence:
    numbered = {number: folder / name for name in names if (number := pattern.number(name)) is not None}
    if not numbered:
        raise BatchError(f"{folder} holds no {pattern}", "Give another pattern; # stands for a digit.")
    return Sequence(pattern, dict(sorted(numbered.items())))


def _only(groups: dict[Pattern, list[str]], folder: Path, none: str) -> Sequence:
    if not groups:
        raise BatchError(none, "Frames are numbered, as in shot_0001.exr.")
    if len(groups) > 1:
        told = sorted(f"{pattern} ({len(names)})" for pattern, names in groups.items())
        others = f" and {len(told) - 3} more" if len(told) > 3 else ""
        raise BatchError(
            f"{folder} holds {len(told)} sequences: {', '.join(told[:3])}{others}",
            f"Give one of them, as {folder / str(next(iter(groups)))}.",
        )
    [(pattern, names)] = groups.items()
    return _sequence(pattern, names, folder)
