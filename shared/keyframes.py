"""Keyframes: settings that change in the course of a film, written as ``0:1.5, 100:3``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

from .declaration import Declared, SettingError, Spec

T = TypeVar("T", bound=Declared)

# A whole number and a colon, at the start or after a comma: neither layers nor numbers are written like that.
_KEY = re.compile(r"(?:^|,)\s*(\d+)\s*:")
_EASE = re.compile(r"\s+ease$")
_SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Key:
    """At ``frame`` a setting has ``value``; with ``eased`` it sets off from the key before and arrives here softly."""

    frame: int
    value: Any
    eased: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """A setting in the course of a film: its keys, at least one, in the order of their frames."""

    spec: Spec
    keys: tuple[Key, ...]

    def at(self, frame: int) -> Any:
        """The value at ``frame``.

        Numbers change evenly from key to key, or as 3t² − 2t³ of the way where the later one is eased; whole numbers
        are rounded. All else switches at its key. Before the first key and after the last, their values hold.
        """
        before = max((key for key in self.keys if key.frame <= frame), key=_frame, default=self.keys[0])
        after = min((key for key in self.keys if key.frame > frame), key=_frame, default=before)
        if self.spec.type not in (int, float) or before.frame >= after.frame or before.frame > frame:
            return before.value
        way = (frame - before.frame) / (after.frame - before.frame)
        if after.eased:
            way = way * way * (3 - 2 * way)
        return self.spec.check(_round(before.value + (after.value - before.value) * way, self.spec.type))

    def text(self) -> str:
        """The track as it is written; `parse` reads it back."""
        return ", ".join(f"{key.frame}:{_written(key.value)}{' ease' if key.eased else ''}" for key in self.keys)


@dataclass(frozen=True)
class Animated(Generic[T]):
    """Settings of which some change: those of ``still``, with the tracks in place of some of them."""

    still: T
    tracks: Mapping[str, Track]

    def at(self, frame: int) -> T:
        """The settings of one frame."""
        return self.still.replace(**{name: track.at(frame) for name, track in self.tracks.items()})

    def turns(self) -> list[T]:
        """The settings of frame 1 and of every frame that has a key: all that words ever say, and numbers' extremes."""
        frames = {1, *(max(1, key.frame) for track in self.tracks.values() for key in track.keys)}
        return [self.at(frame) for frame in sorted(frames)]

    def record(self) -> dict[str, Any]:
        """Plain values by name; those that change as they are written."""
        return {**self.still.record(), **{name: track.text() for name, track in self.tracks.items()}}


def animated(still: T, texts: Mapping[str, str]) -> Animated[T]:
    """``still`` with settings replaced by those of ``texts``, plain values or keyframes. Raises `SettingError`."""
    specs = still.specs()
    tracks = {name: parse(specs[name], text) for name, text in texts.items()}
    plain = {name: track.keys[0].value for name, track in tracks.items()}
    moving = {name: track for name, track in tracks.items() if len(track.keys) > 1}
    return Animated(still.replace(**plain), moving)


def parse(spec: Spec, text: str) -> Track:
    """Read ``0:1.5, 100:3 ease`` or a plain value, which is a single key. Raises `SettingError`."""
    found = list(_KEY.finditer(text))
    if not found or text[: found[0].start()].strip():
        return Track(spec, (Key(0, _value(spec, text)),))
    ends = [key.start() for key in found[1:]] + [len(text)]
    keys = tuple(_key(spec, int(key[1]), text[key.end() : end]) for key, end in zip(found, ends, strict=True))
    for earlier, later in pairwise(keys):
        if later.frame <= earlier.frame:
            raise _refusal(spec, f"{spec.label} has frame {later.frame} after frame {earlier.frame}")
    return Track(spec, keys)


def _key(spec: Spec, frame: int, text: str) -> Key:
    value = text.strip()
    if not value and spec.type is not str:
        raise _refusal(spec, f"{spec.label} has no value at frame {frame}")
    eased = spec.type in (int, float) and _EASE.search(value) is not None
    return Key(frame, _value(spec, _EASE.sub("", value) if eased else value), eased)


def _value(spec: Spec, text: str) -> Any:
    text = text.strip()
    if spec.type is str:
        return spec.check(text)
    try:
        value = _SWITCH[text.lower()] if spec.type is bool else float(text)
    except (KeyError, ValueError):
        raise _refusal(spec, f"{spec.label} can't be {text!r}") from None
    return spec.check(value)


def _refusal(spec: Spec, problem: str) -> SettingError:
    values = "on or off" if spec.type is bool else spec.allowed
    return SettingError(spec.name, problem, f"{values}; or keyframes, as in {_example(spec)}")


def _example(spec: Spec) -> str:
    if spec.type is bool:
        return "1:on, 50:off"
    if spec.choices:
        return f"1:{spec.choices[0].value}, 50:{spec.choices[-1].value}"
    return f"1:{_written(spec.default)}, 50:{_written(spec.type(spec.soft_maximum or 0))}"


def _round(value: float, kind: type) -> float | int:
    return round(value) if kind is int else value


def _written(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _frame(key: Key) -> int:
    return key.frame
