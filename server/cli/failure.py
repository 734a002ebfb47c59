"""What a person is told when a command fails: what happened, and what to do about it."""

from __future__ import annotations

import click

from ...shared.declaration import SettingError
from ...shared.picture import PictureError
from ...shared.wire.address import AddressError
from ...shared.wire.errors import WireError

# What extras bring, by module; without it the commands that need them say so.
_EXTRAS = dict.fromkeys(("torch", "torchvision", "safetensors", "OpenImageIO", "av"), "server") | {"ray": "server,ray"}


class Failure(click.ClickException):
    """The work failed (exit code 1)."""

    def __init__(self, problem: str, advice: str = "") -> None:
        sentence = problem if problem.endswith((".", "!", "?")) else f"{problem}."
        super().__init__(f"{sentence}\n{advice}" if advice else sentence)


class BadInput(Failure):
    """What was given can't be used (exit code 2)."""

    exit_code = 2


class PartFailure(Failure):
    """Some of the work failed, and the rest is done (exit code 3)."""

    exit_code = 3


def explain(error: Exception) -> Failure:
    """Put an exception into words.

    Errors meant for people carry the attribute ``hint``, a sentence on what to do. Of these, `ValueError` means
    that the input was at fault.
    """
    if isinstance(error, (SettingError, PictureError, AddressError)):
        return BadInput(str(error))
    if isinstance(error, WireError):
        return (BadInput if error.who == "client" else Failure)(error.msg, error.hint)
    hint = getattr(error, "hint", None)
    if hint is not None:
        return (BadInput if isinstance(error, ValueError) else Failure)(str(error), hint)
    # Torch has one of its own, and is not to be imported for its name.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return Failure("There is not enough memory for this picture", "Dream a smaller one, or with --tile 512.")
    if isinstance(error, ModuleNotFoundError) and error.name in _EXTRAS:
        advice = f"Run: pip install 'reverie[{_EXTRAS[error.name]}]'"
        return Failure(f"This needs {error.name}, which is not installed here", advice)
    if isinstance(error, OSError) and error.strerror:
        return Failure(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
    return Failure(
        f"Something went wrong that should not: {type(error).__name__}: {error}",
        "`reverie --debug` before the same command shows where; please report it.",
    )
