"""The options of dreams and films, made from the settings' own declarations."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...shared import presets
from ...shared.declaration import Declared, Spec
from ...shared.film import Film, Motion
from ...shared.frames.settings import FrameSettings
from ...shared.keyframes import animated
from ...shared.settings import SECTIONS, DreamSettings

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]

_PRESET = click.option("--preset", metavar="NAME", help="Start from a named look. `reverie presets` lists them.")
_LIKE = click.option(
    "--like",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Dream again like this picture, which Reverie has made: start from the settings stored in it. "
    "A guide and a mask are no settings: give them again.",
)
_METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT", bool: "on|off"}


class _SettingOption(click.Option):
    """The option of a setting, which knows the title of the help's section it stands in."""

    def __init__(self, *args: Any, title: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = title


class DreamCommand(click.Command):
    """A command with `settings_options`, whose help lists them by the sections of the settings."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"max_content_width": 118})
        super().__init__(*args, **kwargs)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options that are no settings first, then the settings as they are sectioned."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for option in self.get_params(ctx):
            title = option.title if isinstance(option, _SettingOption) else "Options"
            line = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if line:
                sections.setdefault(title, []).append(line)
        for title, lines in sections.items():
            with formatter.section(title):
                formatter.write_dl(lines)


def settings_options(function: Command) -> Command:
    """Give a command an option for every setting, --preset and --like; it is called with ``settings`` made of them.

    An option wins over the preset, the preset over the settings of the picture that --like names.
    """

    @functools.wraps(function)
    def command(*args: Any, preset: str | None, like: Path | None, **values: Any) -> Any:
        settings = _beginning(preset, like).replace(**_taken(DreamSettings, values))
        return function(*args, settings=settings, **values)

    return _decorated(command, [_PRESET, _LIKE, *_options(DreamSettings)])


def film_options(function: Command) -> Command:
    """Give a command the options of `settings_options`, and those of a film; all that may change take keyframes.

    It is called with ``dreams``, ``motion`` and ``film`` made of them.
    """

    @functools.wraps(function)
    def command(*args: Any, preset: str | None, like: Path | None, **values: Any) -> Any:
        film = Film().replace(**_taken(Film, values))
        motion = animated(Motion(), _taken(Motion, values))
        dreams = animated(_beginning(preset, like), _taken(DreamSettings, values))
        return function(*args, dreams=dreams, motion=motion, film=film, **values)

    of_film = [*_options(Film, "Film"), *_options(Motion, "Film", keyed=True)]
    return _decorated(command, [_PRESET, _LIKE, *of_film, *_options(DreamSettings, keyed=True)])


def frames_options(function: Command) -> Command:
    """Give a command the options of `settings_options`, which take keyframes, and those of an animation.

    It is called with ``dreams`` and ``frames`` made of them.
    """

    @functools.wraps(function)
    def command(*args: Any, preset: str | None, like: Path | None, **values: Any) -> Any:
        frames = FrameSettings().replace(**_taken(FrameSettings, values))
        dreams = animated(_beginning(preset, like), _taken(DreamSettings, values))
        return function(*args, dreams=dreams, frames=frames, **values)

    of_frames = _options(FrameSettings, "Animation")
    return _decorated(command, [_PRESET, _LIKE, *of_frames, *_options(DreamSettings, keyed=True)])


def options_of(kind: type[Declared]) -> Decorator:
    """Give a command an option for every setting of that kind; it is called with ``settings`` made of them."""

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def command(*args: Any, **values: Any) -> Any:
            settings = kind.from_mapping(_taken(kind, values))
            return function(*args, settings=settings, **values)

        return _decorated(command, _options(kind))

    return decorate


def _decorated(command: Command, options: list[Decorator]) -> Command:
    # Click lists the option that is added last first.
    for option in reversed(options):
        command = option(command)
    return command


def _taken(kind: type[Declared], values: dict[str, Any]) -> dict[str, Any]:
    """The settings of that kind which were given, taken out of ``values`` with those that were not."""
    given = {name: values.pop(name) for name in kind.specs()}
    return {name: value for name, value in given.items() if value is not None}


def _beginning(preset: str | None, like: Path | None) -> DreamSettings:
    settings = _recorded(like) if like else DreamSettings()
    return settings.replace(**presets.load(preset).settings) if preset else settings


def _options(kind: type[Declared], title: str = "Settings", *, keyed: bool = False) -> list[Decorator]:
    return [_option(spec, SECTIONS.get(spec.section, title), keyed) for spec in kind.specs().values()]


def _option(spec: Spec, title: str, keyed: bool) -> Decorator:
    name = spec.name.replace("_", "-")
    # The values are checked by the settings themselves, so that every door refuses them in the same words.
    about = f"{spec.description}.{_condition(spec)}  [{_range(spec)}{_default(spec)}]"
    kind: dict[str, Any] = {"type": str if keyed else spec.type, "metavar": _METAVARS[spec.type]}
    if spec.type is bool and not keyed:
        kind, name = {}, f"{name}/--no-{name}"
    # Without a default of None, click would take a switch that is not given for off.
    return click.option(f"--{name}", spec.name, cls=_SettingOption, title=title, default=None, help=about, **kind)


def _condition(spec: Spec) -> str:
    if spec.when is None:
        return ""
    other, values = spec.when
    return f" Matters only with --{other.replace('_', '-')} {' or '.join(values)}."


def _range(spec: Spec) -> str:
    return "" if spec.type is bool or (spec.type is str and not spec.choices) else f"{spec.allowed}; "


def _default(spec: Spec) -> str:
    if spec.type is bool:
        return f"default: {'on' if spec.default else 'off'}"
    return f"default: {spec.default}" if spec.default != "" else "default: none"


def _recorded(path: Path) -> DreamSettings:
    from ..media.files import read_record

    return DreamSettings.from_mapping(read_record(path))
