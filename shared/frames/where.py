"""Where a frame is dreamed: the grammar of the setting ``where``.

It is a list of terms separated by commas, read from left to right as one paints a mask:

    object(Vase)                       an object, as Cryptomatte knows it; several: object(Vase, Bead)
    object(Column*)                    all whose names begin so; * stands for any letters, ? for one
    object("Vase, blue")               a name as it is, commas, stars and all; "" is a quote in it
    material(Gold), asset(Car)         a material; an asset, which is an object with all its children
    index(3), material-index(1-4, 7)   by the pass index of objects or materials
    alpha                              what is there at all, where the film is transparent
    depth(2-5), depth(5-)              between two distances from the camera, or beyond one
    object(Floor) & depth(0-5)         both at once
    -object(Ball)                      taken away from what stands before it; as the first term, everything but this
    0.3*material(Stone)                dreamed by so much
    soft(8)                            what stands before it gets a border that fades over 8 pixels to both sides

An empty text is everywhere. What names there are is the frame's to say: `server.masks` looks them up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from ..declaration import SettingError

# The words for Cryptomatte's layers and for the index passes.
NAMED = ("object", "material", "asset")
NUMBERED = ("index", "material-index")

# An index in Blender is a 16-bit number; renderers write 1e10 where there is nothing; no picture has a wider border.
_MOST_INDEX, _MOST_DEPTH, _MOST_SOFT = 32767, 1e10, 4096.0

_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_TERM = re.compile(rf"(?P<sign>-?)\s*(?:(?P<weight>{_NUMBER})\s*\*)?\s*(?P<what>.*)", re.DOTALL)
_CALL = re.compile(r"(?P<name>[\w-]+)\s*\((?P<inner>.*)\)", re.DOTALL)
_RANGE = re.compile(r"(?P<first>\d{1,9})(?:\s*-\s*(?P<last>\d{1,9}))?")
_DEPTHS = re.compile(rf"(?P<near>{_NUMBER})\s*-\s*(?P<far>{_NUMBER})?")
_ALL = "object(Vase), material(Gold*), asset(Car), index(3), material-index(2), alpha, depth(0-5), soft(8)"


@dataclass(frozen=True, slots=True)
class Name:
    """A name, or with ``pattern`` all names that it fits, * and ? standing for any letters."""

    text: str
    pattern: bool = False

    def fits(self, name: str) -> bool:
        """Whether ``name`` is meant."""
        if not self.pattern:
            return name == self.text
        wanted = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in self.text)
        return re.fullmatch(wanted, name, re.DOTALL) is not None

    def __str__(self) -> str:
        if self.pattern or re.fullmatch(r"[\w.-]+(?: +[\w.-]+)*", self.text):
            return self.text
        return '"' + self.text.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Named:
    """Objects, materials or assets by name. kind: one of `NAMED`."""

    kind: str
    names: tuple[Name, ...]

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(map(str, self.names))})"


@dataclass(frozen=True, slots=True)
class Numbered:
    """Objects or materials by pass index. kind: one of `NUMBERED`. ranges: pairs of the first and the last."""

    kind: str
    ranges: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        shown = (f"{first}" if first == last else f"{first}-{last}" for first, last in self.ranges)
        return f"{self.kind}({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Depth:
    """Distances from the camera, in scene units, both ends included."""

    near: float
    far: float = math.inf

    def __str__(self) -> str:
        return f"depth({_shown(self.near)}-{'' if math.isinf(self.far) else _shown(self.far)})"


@dataclass(frozen=True, slots=True)
class Alpha:
    """What the picture's alpha covers."""

    def __str__(self) -> str:
        return "alpha"


What = Named | Numbered | Depth | Alpha


@dataclass(frozen=True, slots=True)
class Term:
    """Where all of ``whats`` are at once, by ``weight`` (0..1): added, or taken away."""

    whats: tuple[What, ...]
    weight: float = 1.0
    away: bool = False

    def __str__(self) -> str:
        weight = "" if self.weight == 1 else f"{_shown(self.weight)}*"
        return f"{'-' if self.away else ''}{weight}{' & '.join(map(str, self.whats))}"


@dataclass(frozen=True, slots=True)
class Soft:
    """What has been painted so far gets a border that fades over this many pixels to both sides."""

    pixels: float

    def __str__(self) -> str:
        return f"soft({_shown(self.pixels)})"


Where = tuple[Term | Soft, ...]


def parse(text: str) -> Where:
    """The mask that ``text`` describes; empty for an empty one. Raises `SettingError` naming the bad piece."""
    where = tuple(_term(piece) for piece in _split(text, ",") if piece)
    if where and isinstance(where[0], Soft):
        _refuse(str(where[0]), "nothing stands before it that it could soften", "object(Vase), soft(8)")
    return where


def spell(where: Where) -> str:
    """The text that `parse` understands as ``where``."""
    return ", ".join(map(str, where))


def _split(text: str, separator: str) -> Iterator[str]:
    """``text`` cut at the separators that stand neither in brackets nor in quotes."""
    depth, start, quoted = 0, 0, False
    for position, character in enumerate(text):
        quoted ^= character == '"'
        if not quoted:
            depth += (character == "(") - (character == ")")
            if character == separator and depth <= 0:
                yield text[start:position].strip()
                start = position + 1
    yield text[start:].strip()


def _term(piece: str) -> Term | Soft:
    match = _TERM.fullmatch(piece)
    assert match is not None, "the pattern takes any text"
    plain = match["what"] == piece
    if plain and (call := _CALL.fullmatch(piece)) and call["name"] == "soft":
        return _soft(call["inner"].strip(), piece)
    weight = float(match["weight"] or 1)
    if weight > 1:
        _refuse(piece, "its weight is too large", "weights from 0 to 1")
    return Term(tuple(_what(part, piece) for part in _split(match["what"], "&")), weight, match["sign"] == "-")


def _soft(inner: str, piece: str) -> Soft:
    if not re.fullmatch(_NUMBER, inner) or float(inner) > _MOST_SOFT:
        _refuse(piece, f"{inner!r} is no number of pixels", f"soft(0) to soft({_MOST_SOFT:g})")
    return Soft(float(inner))


def _what(text: str, piece: str) -> What:
    if text == "alpha":
        return Alpha()
    call = _CALL.fullmatch(text)
    if call is None:
        _refuse(piece, f"{text!r} can't be read" if text else "something is missing", _ALL)
    kind, inner = call["name"], call["inner"].strip()
    if kind == "soft":
        _refuse(piece, "soft(…) softens all that stands before it, so it stands alone", "object(Vase), soft(8)")
    if kind not in (*NAMED, *NUMBERED, "depth"):
        _refuse(piece, f"there is no {kind}(…)", _ALL)
    if not inner:
        _refuse(piece, "nothing stands between its brackets", _ALL)
    if kind == "depth":
        return _depth(inner, piece)
    parts = list(_split(inner, ","))
    if kind in NUMBERED:
        return Numbered(kind, tuple(_range(part, piece) for part in parts))
    return Named(kind, tuple(_name(part, piece) for part in parts))


def _name(text: str, piece: str) -> Name:
    if text.startswith('"'):
        inner = text[1:-1].replace('""', "")
        if len(text) < 3 or not text.endswith('"') or '"' in inner:
            _refuse(piece, f"the quotes in {text} don't match", 'object("Vase, blue"), with "" for a quote in a name')
        return Name(text[1:-1].replace('""', '"'))
    if not text or '"' in text:
        _refuse(piece, f"{text!r} is no name" if text else "a name is missing", 'object(Vase, "Vase, blue", Column*)')
    return Name(text, "*" in text or "?" in text)


def _range(text: str, piece: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        _refuse(piece, f"{text!r} is no pass index", "index(3), index(1-4, 7)")
    first, last = int(match["first"]), int(match["last"] or match["first"])
    if last < first:
        _refuse(piece, f"{text!r} runs backwards", f"{last}-{first}")
    if last > _MOST_INDEX:
        _refuse(piece, "no pass index is that large", f"0 to {_MOST_INDEX}")
    return first, last


def _depth(text: str, piece: str) -> Depth:
    match = _DEPTHS.fullmatch(text)
    if match is None:
        _refuse(piece, f"{text!r} is no range of distances", "depth(2-5), depth(5-)")
    near, far = float(match["near"]), float(match["far"] or math.inf)
    if near > _MOST_DEPTH or (far > _MOST_DEPTH and match["far"]):
        _refuse(piece, "nothing is so far away", f"distances up to {_MOST_DEPTH:.0f}, and depth(5-) for all beyond 5")
    if far < near:
        _refuse(piece, f"{text!r} runs backwards", str(Depth(far, near)))
    return Depth(near, far)


def _refuse(piece: str, problem: str, allowed: str) -> NoReturn:
    raise SettingError("where", f"In Where, {piece!r} is wrong: {problem}", allowed)


def _shown(number: float) -> str:
    return np.format_float_positional(number, trim="-")
