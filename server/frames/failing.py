"""Why a frame could not be dreamed, in words."""

from __future__ import annotations

from ...shared.declaration import SettingError
from ...shared.frames.frame import FrameFailed
from ...shared.picture import PictureError
from ..coherence.memory import LostMemory
from ..dream.memory import ran_out
from ..media.errors import MediaError

_NO_ROOM = "Set a smaller tile."


def failed(number: int, error: Exception) -> FrameFailed:
    """The event that tells of ``error``, for any exception: the artist reads a sentence, never a traceback."""
    match error:
        case LostMemory():
            return FrameFailed(number, str(error), memory_lost=True)
        case SettingError():
            return FrameFailed(number, f"{error.problem}.", f"Allowed: {error.allowed}.")
        case MediaError() | PictureError():
            return FrameFailed(number, str(error), getattr(error, "hint", ""))
    if ran_out(error):
        return FrameFailed(
            number, "The dream needs more memory than there is", getattr(error, "hint", _NO_ROOM), fatal=True
        )
    if hasattr(error, "hint"):  # weights that are not there, say
        return FrameFailed(number, str(error), str(error.hint), fatal=True)  # type: ignore[attr-defined]
    problem = f"Something went wrong that should not: {type(error).__name__}: {error}"
    # A graphics card that has failed once fails ever after in the same process.
    return FrameFailed(number, problem, "Please report it.", fatal="CUDA error" in str(error))
