"""What the bytes of a blob are: the pixels of a picture, or a whole file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..picture import PictureError, PictureInfo

# The suffix of a file, as ``.exr``: it never becomes part of a path, and yet is held to what can't hurt there.
_SUFFIX = re.compile(r"\.[a-z0-9]{1,15}")


class ContentError(ValueError):
    """A description that can't be. ``field``: "picture" or "file"."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A blob that is a file. size: bytes. suffix: tells the format, in small letters with its dot."""

    size: int
    suffix: str

    def header(self) -> dict[str, Any]:
        """The map that travels in a message."""
        return {"suffix": self.suffix}


Content = PictureInfo | FileInfo


def described(content: Content) -> dict[str, Any]:
    """The fields of a message that say what a blob is: "size", and "picture" or "file"."""
    kind = "file" if isinstance(content, FileInfo) else "picture"
    return {"size": content.size, kind: content.header()}


def content_of(fields: Mapping[str, Any]) -> Content:
    """The content that a message's fields tell of; nothing is allocated. Raises `ContentError`.

    A picture's ``size`` is that of its pixels, whatever the message says; who cares compares.
    """
    picture, file = fields.get("picture"), fields.get("file")
    if isinstance(picture, Mapping) and file is None:
        try:
            return PictureInfo.from_header(picture)
        except PictureError as error:
            raise ContentError("picture", f"The picture's description is wrong: {error}") from error
    if not isinstance(file, Mapping) or picture is not None:
        raise ContentError("picture", "It must be said of a blob that it is a picture, or that it is a file")
    if not is_suffix(file.get("suffix")):
        raise ContentError("file", "A file's suffix must be a dot and 1 to 15 small letters or digits, as .exr")
    return FileInfo(int(fields["size"]), file["suffix"])


def is_suffix(value: Any) -> bool:
    """Whether a value can be the suffix of a file."""
    return isinstance(value, str) and bool(_SUFFIX.fullmatch(value))
