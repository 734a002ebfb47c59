"""The frames of a video, by FFmpeg's libraries through PyAV, as picture files without loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from ...shared.frames.errors import FrameError
from ...shared.frames.frame import FrameFile
from ...shared.frames.pieces import Work
from ..media.errors import ReadError

# Of H.273, where a video does not tell: the colours of high definition, whose pictures have this many rows or more.
_UNSPECIFIED, _HIGH = 2, 720
_SCALER = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
# Of zlib: larger files, made several times as fast.
_COMPRESSION = [cv2.IMWRITE_PNG_COMPRESSION, 1]


class VideoSource:
    """A video as numbered pictures, from 1: a `Source` of a batch. Read in order, each frame is decoded once.

    numbers: of all frames. fps: frames a second, on average. size: height and width of the pictures.
    """

    step, ended, folder = 1, True, None

    def __init__(self, path: Path) -> None:
        """Open a video and count its frames, without decoding them. Raises `ReadError`."""
        self.path = path
        self._open()
        try:
            self._times, self._timed = self._find_times()
        except FFmpegError as error:
            raise _unread(path, error) from error
        if not self._times:
            raise ReadError(f"{path.name} holds no frames", "Give another video.")
        self.numbers: Sequence[int] = range(1, len(self._times) + 1)
        self.fps = Fraction(self._stream.average_rate or self._stream.guessed_rate or 24)
        self._next, self._frames = 0, iter(())
        self.size = self._size()

    def has(self, number: int) -> bool:
        """Whether there is such a frame."""
        return number in self.numbers

    def stamp(self, number: int) -> str:
        """The video's name, size and time, and the frame's number. Raises `FrameError`."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise FrameError(f"{self.path.name} can't be read: {error.strerror}", "Put that right.") from error
        return f"{self.path.name} {status.st_size} {status.st_mtime_ns} {number}"

    def read(self, number: int) -> Work[FrameFile]:
        """The frame as a PNG of 8 bits, or of 16 where the video has more than 8. Raises `FrameError`."""
        pixels = self._picture(number)
        yield True
        order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        _, data = cv2.imencode(".png", cv2.cvtColor(pixels, order), _COMPRESSION)
        return FrameFile(".png", data.tobytes())

    def close(self) -> None:
        """Read no more."""
        self._container.close()

    def _size(self) -> tuple[int, int]:
        try:
            height, width, _ = self._picture(1).shape
        except FrameError:
            height, width = self._stream.height, self._stream.width
        return height, width

    def _picture(self, number: int) -> np.ndarray:
        """HxWx3, or HxWx4 with alpha, uint8 or uint16."""
        if not self.has(number):
            raise FrameError(f"{self.path.name} has no frame {number}", f"It has {len(self.numbers)}.")
        try:
            frame = self._frame(number)
        except FFmpegError as error:
            raise FrameError(f"Frame {number} of {self.path.name} can't be read: {error.strerror}") from error
        if frame is None or frame.is_corrupt:
            raise FrameError(f"Frame {number} of {self.path.name} is damaged", "Export the video again.")
        return _pixels(frame)

    def _frame(self, number: int) -> av.VideoFrame | None:
        """A frame; None where it can't be decoded."""
        wanted = self._times[number - 1]
        if number != self._next:
            self._seek(wanted)
        self._next = number + 1
        for time, frame in self._frames:
            if time == wanted:
                return frame
            if time > wanted:
                self._frames = chain([(time, frame)], self._frames)
                break
        return None

    def _seek(self, time: int) -> None:
        """Go on with the last frame before ``time`` that needs no other one, or with the first."""
        if self._timed and time != self._times[0]:
            self._container.seek(time, stream=self._stream)
            frames = self._decoded()
            first = next(frames, None)
            if first is not None and first[0] <= time:
                self._frames = chain([first], frames)
                return
        # Not every format can be sought in.
        self._container.close()
        self._open()
        self._frames = self._decoded()

    def _open(self) -> None:
        try:
            self._container = av.open(str(self.path))
            self._stream = self._container.streams.video[0]
        except IndexError as error:
            raise ReadError(f"{self.path.name} holds no video", "Give another file.") from error
        except (OSError, FFmpegError) as error:
            raise _unread(self.path, error) from error
        self._stream.thread_type = "AUTO"

    def _find_times(self) -> tuple[Sequence[int], bool]:
        """When each frame is shown, rising, in the stream's unit; or only their places, where a video does not tell."""
        packets = self._container.demux(self._stream)
        told = [packet.pts for packet in packets if packet.size and not packet.is_discard]
        times = sorted({time for time in told if time is not None})
        return (times, True) if len(times) == len(told) else (range(len(told)), False)

    def _decoded(self) -> Iterator[tuple[int, av.VideoFrame]]:
        """The frames from here on and when they are shown; those that can't be decoded are left out."""
        place = 0
        for packet in self._container.demux(self._stream):
            try:
                frames = packet.decode()
            except FFmpegError:
                continue
            for frame in frames:
                yield frame.pts if self._timed and frame.pts is not None else place, frame
                place += 1


def _pixels(frame: av.VideoFrame) -> np.ndarray:
    components = frame.format.components
    deep, alpha = max(part.bits for part in components) > 8, any(part.is_alpha for part in components)
    known = {int(space): space for space in Colorspace}
    fallback = Colorspace.ITU709 if frame.height >= _HIGH else Colorspace.ITU601
    space = fallback if frame.colorspace == _UNSPECIFIED else known.get(int(frame.colorspace), fallback)
    shown = frame.reformat(
        format=("rgba64le" if deep else "rgba") if alpha else ("rgb48le" if deep else "rgb24"),
        src_colorspace=space,
        src_color_range=ColorRange(frame.color_range),
        dst_color_range=ColorRange.JPEG,
        interpolation=_SCALER,
    )
    # Telephones store how they were held, in quarter turns.
    return np.ascontiguousarray(np.rot90(shown.to_ndarray(), round(frame.rotation / 90)))


def _unread(path: Path, error: Exception) -> ReadError:
    reason = getattr(error, "strerror", None) or error
    return ReadError(f"{path.name} can't be read as a video: {reason}", "Export it again, or give another one.")
