"""What the command line is given of animations: sequences, single files, videos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...shared.frames.numbering import Pattern, find_sequence, is_video
from ...shared.frames.source import Files, OneFile, Source

_USUAL_FPS = 24.0


@dataclass(frozen=True, slots=True)
class Material:
    """The frames of IN. name: of the result of a number. fps: of a video, or what is usual."""

    source: Source
    name: Callable[[int], str]
    fps: float = _USUAL_FPS
    is_video: bool = False

    def film(self, folder: Path) -> Path | None:
        """Where the MP4 of a video's dream goes when nothing else is said."""
        return folder.with_name(f"{folder.resolve().name}.mp4") if self.is_video else None


def find_material(path: Path, suffix: str | None) -> Material:
    """The frames at ``path``, whose results get ``suffix``; None: that of the frames. Raises `BatchError`."""
    if is_video(path):
        from ..frames.video_source import VideoSource

        video = VideoSource(path)
        return Material(video, Pattern(f"{path.stem}_", 4, suffix or ".png").name, float(video.fps), is_video=True)
    found = find_sequence(path)
    pattern = found.pattern.with_suffix(suffix) if suffix else found.pattern
    return Material(Files(found.files, found.step), pattern.name)


def many_or_one(path: Path | None) -> Source | None:
    """A sequence where ``path`` is a folder or a pattern, otherwise one file for all frames."""
    if path is None:
        return None
    if path.is_file():
        return OneFile(path)
    found = find_sequence(path)
    return Files(found.files, found.step)
