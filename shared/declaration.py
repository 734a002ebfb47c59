"""How a setting is declared: once, as a dataclass field that carries everything said about it.

From a declared dataclass come Blender's properties, the command line's options, the server's validation,
the record stored with a result and the hash that tells whether a finished result can be kept.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T", bound="Declared")

_KEY = "reverie.spec"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a setting that has a closed list of them."""

    value: str
    label: str
    description: str


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything said about one setting.

    ``minimum``/``maximum`` are hard: a value outside is refused. ``soft_minimum``/``soft_maximum`` bound a
    slider. ``section`` names the folded part of the interface a setting stands in, "" means always in sight.
    ``when`` names another setting and its values beside which this one matters, None means always.
    ``type`` is one of ``int``, ``float``, ``bool``, ``str``.
    """

    name: str
    type: type
    label: str
    description: str
    default: Any
    minimum: float | None = None
    maximum: float | None = None
    soft_minimum: float | None = None
    soft_maximum: float | None = None
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    section: str = ""
    when: tuple[str, tuple[str, ...]] | None = None

    def applies(self, values: Mapping[str, Any]) -> bool:
        """Whether the setting changes anything beside the other ``values``."""
        return self.when is None or values[self.when[0]] in self.when[1]

    @property
    def allowed(self) -> str:
        """What may be given, in words: ``1 to 12``, ``auto, float32 or bfloat16``."""
        if self.choices:
            values = [choice.value for choice in self.choices]
            return " or ".join(filter(None, [", ".join(values[:-1]), values[-1]]))
        if self.type is bool:
            return "true or false"
        if self.type is str:
            return f"text of {self.minimum:g} to {self.maximum:g} characters"
        low, high = (self.type(bound) for bound in (self.minimum, self.maximum))
        return f"{low} to {high}{f' {self.unit}' if self.unit else ''}"

    def check(self, value: Any) -> Any:
        """Return ``value`` in this setting's type, or raise `SettingError`."""
        if self.type is bool:
            if isinstance(value, bool):
                return value
        elif self.type is str:
            if isinstance(value, str) and self._text_fits(value):
                return value
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            number = self._number(value)
            if number is not None:
                return number
        raise SettingError(self.name, f"{self.label} can't be {_shown(value)}", self.allowed)

    def _text_fits(self, value: str) -> bool:
        if self.choices:
            return value in {choice.value for choice in self.choices}
        assert self.minimum is not None and self.maximum is not None
        return self.minimum <= len(value) <= self.maximum

    def _number(self, value: float) -> float | int | None:
        if not math.isfinite(value) or (self.type is int and value != int(value)):
            return None
        if self.minimum is not None and value < self.minimum:
            return None
        if self.maximum is not None and value > self.maximum:
            return None
        return self.type(value)


class SettingError(ValueError):
    """A setting that can't be taken. ``field`` is its name, ``allowed`` says in words what may be given."""

    def __init__(self, field: str, problem: str, allowed: str) -> None:
        super().__init__(f"{problem}. Allowed: {allowed}.")
        self.field = field
        self.problem = problem
        self.allowed = allowed


def setting(
    default: Any,
    label: str,
    description: str,
    *,
    hard: tuple[float, float] | None = None,
    soft: tuple[float, float] | None = None,
    unit: str = "",
    choices: tuple[Choice, ...] = (),
    section: str = "",
    when: tuple[str, tuple[str, ...]] | None = None,
) -> Any:
    """Declare one field of a `Declared` dataclass. ``hard`` and ``soft`` are (minimum, maximum)."""
    kind = type(default)
    hard = hard or ((0, 4096) if kind is str else (None, None))  # type: ignore[assignment]
    assert hard is not None
    soft = soft or hard
    spec = Spec("", kind, label, description, default, hard[0], hard[1], soft[0], soft[1], unit, choices, section, when)
    return dataclasses.field(default=default, metadata={_KEY: spec})


@dataclass(frozen=True)
class Declared:
    """Base of declared settings: validation, records and hashes for any such dataclass."""

    @classmethod
    def specs(cls) -> dict[str, Spec]:
        """Every setting's `Spec` by name, in the order they were declared."""
        return {
            field.name: dataclasses.replace(field.metadata[_KEY], name=field.name)
            for field in dataclasses.fields(cls)
            if _KEY in field.metadata
        }

    @classmethod
    def from_mapping(cls: type[T], values: Mapping[str, Any]) -> T:
        """Build from any subset of the settings; the rest keep their defaults. Raises `SettingError`."""
        specs = cls.specs()
        for name in values:
            if name not in specs:
                raise SettingError(str(name), f"There is no setting {_shown(name)}", nearest(str(name), list(specs)))
        return cls(**{name: specs[name].check(value) for name, value in values.items()})

    def replace(self: T, **values: Any) -> T:
        """A copy with some settings changed, validated."""
        return self.from_mapping({**self.record(), **values})

    def record(self) -> dict[str, Any]:
        """Plain values by name: what is stored with a result and sent over the wire."""
        return dataclasses.asdict(self)

    def digest(self) -> str:
        """SHA-256 of the record, 64 hex digits: equal settings give equal digests on every machine."""
        canonical = json.dumps(self.record(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def nearest(name: str, known: list[str]) -> str:
    """Of the ``known`` names those most like ``name``, or all of them where none is; separated by commas."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return ", ".join(close or known)
