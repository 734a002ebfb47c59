"""What a dream is to excite: the grammar of the setting ``layers``.

A target is a list of terms separated by commas, each with a weight, 1 where none is given:

    inception4c                         a layer
    inception4c/pre                     the layer before its ReLU
    2*inception4c, 0.5*conv2, -conv3    more of one, less of another, and away from a third
    inception4c[12, 40-45]              some of its channels
    inception4c[strong 8]               the 8 channels strongest in this picture; also average 8, weak 8
    inception4c[not strong 8]           all but these; also [not 12, 40-45]
    inception4c[12*0.7 + 40*-0.3]       a direction among its channels
    inception4c[random 7]               a random direction, the 7th
    inception4c[12]@0.5:0.3             one place: x from the left, y from the top, in 0..1
    class(daisy), class(985)            a class, by name or number: this one rather than any other
    logit(daisy)                        its score alone, whatever else may be seen
    match(inception3b)                  each place takes after whatever in the guide picture is most like it
    statistics(inception4a)             the channels that are strong in the guide picture
    style(conv2)                        the textures of the guide picture

What layers, channels and classes there are is the network's to say: `server.networks.targets` checks that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from .declaration import SettingError

STRENGTHS = ("strong", "average", "weak")
CLASSINGS = ("class", "logit")
GUIDINGS = ("match", "statistics", "style")

# No layer of any network has as many channels.
_MOST_CHANNELS = 2**16
_MOST_WEIGHT = 1e6

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TERM = re.compile(rf"(?P<sign>[+-]?)\s*(?:(?P<weight>{_NUMBER})\s*\*)?\s*(?P<what>.*)", re.DOTALL)
_CALL = re.compile(r"(?P<name>\w+)\s*\((?P<inner>.*)\)", re.DOTALL)
_LAYER = re.compile(
    rf"(?P<name>[^\[\]@()*,+]+?)\s*(?:\[(?P<channels>[^\[\]]*)\])?\s*(?:@\s*(?P<x>{_NUMBER})\s*:\s*(?P<y>{_NUMBER}))?"
)
_BY_STRENGTH = re.compile(rf"(?P<which>{'|'.join(STRENGTHS)})\s*(?P<count>\d+)")
_RANDOM = re.compile(r"random\s*(?P<seed>\d{1,9})")
_RANGE = re.compile(r"(?P<first>\d{1,9})(?:\s*-\s*(?P<last>\d{1,9}))?")
_PART = re.compile(rf"\s*(?P<sign>[+-]?)\s*(?P<channel>\d{{1,9}})\s*\*\s*(?P<weight>[+-]?\s*{_NUMBER})\s*")


@dataclass(frozen=True, slots=True)
class Channels:
    """Channels by number, ascending; ``all_but`` means every other one."""

    numbers: tuple[int, ...]
    all_but: bool = False

    def __str__(self) -> str:
        return ("not " if self.all_but else "") + ", ".join(_ranges(self.numbers))


@dataclass(frozen=True, slots=True)
class ByStrength:
    """The ``count`` channels that are "strong", "average" or "weak" in the picture; ``all_but``: all but these."""

    which: str
    count: int
    all_but: bool = False

    def __str__(self) -> str:
        return f"{'not ' if self.all_but else ''}{self.which} {self.count}"


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction in the space of channels: pairs of a channel's number and its share."""

    parts: tuple[tuple[int, float], ...]

    def __str__(self) -> str:
        return " + ".join(f"{channel}*{_shown(share)}" for channel, share in self.parts)


@dataclass(frozen=True, slots=True)
class RandomDirection:
    """A direction drawn from all alike; the same seed draws the same one."""

    seed: int

    def __str__(self) -> str:
        return f"random {self.seed}"


Selection = Channels | ByStrength | Direction | RandomDirection


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer, or what ``selection`` picks of it. ``place`` is the (x, y) of a single unit, 0..1; None: everywhere."""

    name: str
    selection: Selection | None = None
    place: tuple[float, float] | None = None

    def __str__(self) -> str:
        channels = "" if self.selection is None else f"[{self.selection}]"
        place = "" if self.place is None else f"@{_shown(self.place[0])}:{_shown(self.place[1])}"
        return f"{self.name}{channels}{place}"


@dataclass(frozen=True, slots=True)
class Class:
    """A class, by its name or its number as text. alone: its score counts, not its lead over other classes."""

    name: str
    alone: bool = False

    def __str__(self) -> str:
        return f"{'logit' if self.alone else 'class'}({self.name})"


@dataclass(frozen=True, slots=True)
class Guided:
    """A layer that follows the guide picture: ``how`` is one of `GUIDINGS`."""

    how: str
    layer: str

    def __str__(self) -> str:
        return f"{self.how}({self.layer})"


What = Layer | Class | Guided


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to excite, or with a negative weight to suppress."""

    what: What
    weight: float = 1.0

    def __str__(self) -> str:
        sign, size = "-" if self.weight < 0 else "", abs(self.weight)
        return f"{sign}{self.what}" if size == 1 else f"{sign}{_shown(size)}*{self.what}"


Target = tuple[Term, ...]


def parse(text: str) -> Target:
    """The target that ``text`` describes; empty for an empty one. Raises `SettingError` naming the bad piece."""
    return tuple(_term(piece) for piece in _pieces(text) if piece)


def spell(target: Target) -> str:
    """The text that `parse` understands as ``target``."""
    return ", ".join(map(str, target))


def _pieces(text: str) -> Iterator[str]:
    """``text`` cut at the commas that stand in no brackets."""
    depth, start = 0, 0
    for position, character in enumerate(text):
        depth += (character in "[(") - (character in "])")
        if character == "," and depth <= 0:
            yield text[start:position].strip()
            start = position + 1
    yield text[start:].strip()


def _term(piece: str) -> Term:
    match = _TERM.fullmatch(piece)
    assert match is not None, "the pattern takes any text"
    weight = float(match["weight"] or 1)
    if weight > _MOST_WEIGHT:
        _refuse(piece, "its weight is too large", f"weights up to {_MOST_WEIGHT:g}")
    return Term(_what(match["what"].strip(), piece), -weight if match["sign"] == "-" else weight)


def _what(text: str, piece: str) -> What:
    call = _CALL.fullmatch(text)
    if call is not None:
        name, inner = call["name"], call["inner"].strip()
        if name not in (*CLASSINGS, *GUIDINGS):
            _refuse(piece, f"there is no {name}(…)", f"class(daisy), {', '.join(f'{how}(layer)' for how in GUIDINGS)}")
        if not inner:
            _refuse(
                piece,
                "nothing stands between its brackets",
                f"{name}(daisy)" if name in CLASSINGS else f"{name}(layer)",
            )
        if name in CLASSINGS:
            return Class(inner, alone=name == "logit")
        return Guided(name, inner)
    match = _LAYER.fullmatch(text)
    if match is None:
        _refuse(
            piece, "it can't be read", "a layer such as inception4c[12, 40-45]@0.5:0.3, class(daisy) or match(layer)"
        )
    selection = None if match["channels"] is None else _selection(match["channels"].strip(), piece)
    return Layer(match["name"], selection, _place(match["x"], match["y"], piece))


def _place(x: str | None, y: str | None, piece: str) -> tuple[float, float] | None:
    if x is None or y is None:
        return None
    place = float(x), float(y)
    if max(place) > 1:
        _refuse(piece, "its place lies outside the picture", "@x:y, each in 0 to 1")
    return place


def _selection(text: str, piece: str) -> Selection:
    if match := _RANDOM.fullmatch(text):
        return RandomDirection(int(match["seed"]))
    if "*" in text:
        return Direction(tuple(_direction(text, piece)))
    all_but = text.startswith("not ")
    text = text.removeprefix("not ").strip()
    if match := _BY_STRENGTH.fullmatch(text):
        count = _channel(match["count"], piece)
        if count < 1:
            _refuse(piece, "no channel would be left", "at least 1 channel")
        return ByStrength(match["which"], count, all_but)
    numbers = {number for part in text.split(",") for number in _range(part.strip(), piece)}
    return Channels(tuple(sorted(numbers)), all_but)


def _range(text: str, piece: str) -> range:
    match = _RANGE.fullmatch(text)
    if match is None:
        _refuse(
            piece,
            f"{text!r} names no channels",
            "[12, 40-45], [strong 8], [average 8], [weak 8], [not …], [12*0.7 + 40*-0.3] or [random 7]",
        )
    first = _channel(match["first"], piece)
    last = _channel(match["last"] or match["first"], piece)
    if last < first:
        _refuse(piece, f"{text!r} runs backwards", f"{last}-{first}")
    return range(first, last + 1)


def _channel(digits: str, piece: str) -> int:
    if len(digits) > len(str(_MOST_CHANNELS)) or int(digits) >= _MOST_CHANNELS:
        _refuse(piece, f"no layer has {digits} channels", "the numbers of channels, from 0")
    return int(digits)


def _direction(text: str, piece: str) -> Iterator[tuple[int, float]]:
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None or (position > 0 and not match["sign"]):
            _refuse(piece, f"{text!r} is no direction", "channels times their shares: [12*0.7 + 40*-0.3]")
        share = float(match["weight"].replace(" ", ""))
        if abs(share) > _MOST_WEIGHT:
            _refuse(piece, "a share is too large", f"shares up to {_MOST_WEIGHT:g}")
        yield _channel(match["channel"], piece), -share if match["sign"] == "-" else share
        position = match.end()


def _refuse(piece: str, problem: str, allowed: str) -> NoReturn:
    raise SettingError("layers", f"In the layers, {piece!r} is wrong: {problem}", allowed)


def _shown(number: float) -> str:
    return repr(float(number)).removesuffix(".0")


def _ranges(numbers: tuple[int, ...]) -> Iterator[str]:
    """``numbers`` with those in a row written as a range."""
    breaks = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(numbers)) if b != a + 1), len(numbers)]
    for start, stop in pairwise(breaks):
        first, last = numbers[start], numbers[stop - 1]
        yield f"{first}" if first == last else f"{first}-{last}"
