"""The options of a dream, made from the settings' own declaration."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...shared import presets
from ...shared.declaration import Spec
from ...shared.settings import SECTIONS, DreamSettings

Command = Callable[..., Any]

_PRESET = click.option(
    "--preset", metavar="NAME", help=f"Start from a named set of settings: {', '.join(presets.names())}."
)
_LIKE = click.option(
    "--like",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Dream again like this picture, which Reverie has made: start from the settings stored in it. "
    "A guide and a mask are no settings: give them again.",
)
_METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}


class _SettingOption(click.Option):
    """The option of a setting, which knows the section of the help it stands in."""

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


class DreamCommand(click.Command):
    """A command with `settings_options`, whose help lists them by the sections of the settings."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"max_content_width": 118})
        super().__init__(*args, **kwargs)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options that are no settings first, then the settings as they are sectioned."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Settings": []}
        sections |= {title: [] for title in SECTIONS.values()}
        for option in self.get_params(ctx):
            title = SECTIONS.get(option.section, "Settings") if isinstance(option, _SettingOption) else "Options"
            line = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if line:
                sections[title].append(line)
        for title, lines in sections.items():
            with formatter.section(title):
                formatter.write_dl(lines)


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
    about = f"{spec.description}.{_condition(spec)}  [{_range(spec)}{_default(spec)}]"
    if spec.type is bool:
        kind: dict[str, Any] = {"param_decls": (f"--{name}/--no-{name}", spec.name)}
    else:
        kind = {"param_decls": (f"--{name}", spec.name), "type": spec.type, "metavar": _METAVARS[spec.type]}
    return click.option(*kind.pop("param_decls"), cls=_SettingOption, section=spec.section, help=about, **kind)


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
