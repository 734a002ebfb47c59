"""Frames into a video, by FFmpeg's libraries through PyAV."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace

from ...shared.picture import Picture
from ..media.convert import convert
from ..media.errors import PathError, WriteError
from ..media.files import read_picture

# Constant rate factor: 18 is held to be as good as the frames to the eye.
_QUALITY = "18"
# ITU-R BT.709, in the numbers of H.273: what players take high-definition video for anyway.
_BT709 = 1


def write_video(
    path: Path, frames: Sequence[Path], fps: float, read: Callable[[Path], Picture] = read_picture
) -> Iterator[int]:
    """Write picture files of one size as an MP4, H.264 in 4:2:0, which plays everywhere.

    read: what each file shows.
    Yields after each frame how many there are. H.264 needs even sides: an odd picture's last row or column is shown
    twice. Alpha is dropped. The file appears whole or not at all. Raises `WriteError`.
    """
    part = path.with_name(path.name + ".part")
    try:
        with av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", Fraction(fps).limit_denominator(1001))
            stream.pix_fmt = "yuv420p"
            stream.options = {"crf": _QUALITY}
            context = stream.codec_context
            context.color_primaries = context.color_trc = context.colorspace = _BT709
            context.color_range = ColorRange.MPEG
            for number, frame in enumerate(frames, 1):
                pixels = _even(_as_a_screen_shows(read(frame)))
                if number == 1:
                    stream.height, stream.width = pixels.shape[:2]
                picture = av.VideoFrame.from_ndarray(pixels, "rgb24")
                picture = picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
                container.mux(stream.encode(picture))
                yield number
            container.mux(stream.encode())
        part.replace(path)
    except (OSError, FFmpegError) as error:
        raise WriteError(f"{path} can't be written: {error.strerror}", "Choose another place.") from error
    finally:
        part.unlink(missing_ok=True)


def check_video(path: Path) -> None:
    """Raise `PathError` when it is clear that no video can be written there."""
    if path.suffix.lower() != ".mp4":
        raise PathError(f"{path.name} is no name for an MP4 video", "Give one that ends in .mp4.")
    if not path.parent.is_dir():
        raise PathError(f"The folder {path.parent} does not exist", "Create it, or choose another one.")


def _as_a_screen_shows(picture: Picture) -> np.ndarray:
    """HxWx3, uint8."""
    colours = 1 if picture.info.shape[2] < 3 else 3
    form = dataclasses.replace(
        picture.info, shape=(*picture.info.shape[:2], colours), dtype="u8", colorspace="sRGB", alpha="none"
    )
    pixels = convert(picture, form).pixels
    return pixels if colours == 3 else pixels.repeat(3, axis=2)


def _even(pixels: np.ndarray) -> np.ndarray:
    height, width, _ = pixels.shape
    return np.ascontiguousarray(np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), "edge"))
