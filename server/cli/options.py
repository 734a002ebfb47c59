"""The options of a dream, made from the settings' own declaration."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...shared import presets
from ...shared.declaration import Spec
from ...shared.settings import DreamSettings

Command = Callable[..., Any]

_PRESET = click.option(
    "--preset", metavar="NAME", help=f"Start from a named set of settings: {', '.join(presets.names())}."
)
_LIKE = click.option(
    "--like",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Dream again like this picture, which Reverie has made: start from the settings stored in it.",
)
_METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}


def settings_options(function: Command) -> Command:
    """Give a command an option for every setting, --preset and --like; it is called with ``settings`` made of them.

    An option wins over the preset, the preset over the settings of the picture that --like names.
    """

    @functools.wraps(function)
    def command(*args: Any, preset: str | None, like: Path | None, **values: Any) -> Any:
        given = {name: values.pop(name) for name in DreamSettings.specs()}
        settings = _recorded(like) if like else DreamSettings()
        if preset:
            settings = settings.replace(**presets.load(preset).settings)
        settings = settings.replace(**{name: value for name, value in given.items() if value is not None})
        return function(*args, settings=settings, **values)

    # Click lists the option that is added last first.
    decorated: Command = command
    for spec in reversed(DreamSettings.specs().values()):
        decorated = _option(spec)(decorated)
    for option in (_LIKE, _PRESET):
        decorated = option(decorated)
    return decorated


def _option(spec: Spec) -> Callable[[Command], Command]:
    name = spec.name.replace("_", "-")
    # The values are checked by the settings themselves, so that every door refuses them in the same words.
    about = f"{spec.description}.  [{_range(spec)}{_default(spec)}]"
    if spec.type is bool:
        return click.option(f"--{name}/--no-{name}", spec.name, default=None, help=about)
    return click.option(f"--{name}", spec.name, type=spec.type, default=None, metavar=_METAVARS[spec.type], help=about)


def _range(spec: Spec) -> str:
    return "" if spec.type is bool or (spec.type is str and not spec.choices) else f"{spec.allowed}; "


def _default(spec: Spec) -> str:
    if spec.type is bool:
        return f"default: {'on' if spec.default else 'off'}"
    return f"default: {spec.default}" if spec.default != "" else "default: none"


def _recorded(path: Path) -> DreamSettings:
    from ..media.files import read_record

    return DreamSettings.from_mapping(read_record(path))
