"""MP4 videos of frames."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from reverie.server.film.video import check_video, write_video
from reverie.server.media.errors import PathError
from reverie.server.media.files import write_picture
from reverie.shared.picture import Picture, PictureInfo


@pytest.mark.parametrize(("suffix", "size"), [(".png", (48, 64)), (".png", (37, 51)), (".exr", (48, 64))])
def test_a_video_holds_every_frame_in_its_colours(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    colours = np.array([[200, 40, 60], [30, 180, 90], [20, 60, 220], [128, 128, 128], [250, 240, 20]], "u1")
    frames = []
    for number, colour in enumerate(colours):
        frames.append(tmp_path / f"{number:04}{suffix}")
        pixels = np.broadcast_to(colour, (*size, 3)).copy()
        write_picture(frames[-1], Picture(PictureInfo(pixels.shape, "u8"), pixels))
    out = tmp_path / "film.mp4"
    assert list(write_video(out, frames, 25)) == [1, 2, 3, 4, 5]
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 25
        assert stream.codec_context.name == "h264"
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert [each.shape for each in shown] == [(size[0] + size[0] % 2, size[1] + size[1] % 2, 3)] * 5
    for each, colour in zip(shown, colours, strict=True):
        assert np.abs(each.astype(int) - colour).max() <= 6
    assert not list(tmp_path.glob("*.part"))


def test_a_place_for_no_video_is_refused_before_anything_is_dreamed(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "film.avi", ".mp4"), (tmp_path / "no" / "film.mp4", "does not exist")):
        with pytest.raises(PathError) as caught:
            check_video(path)
        assert told in f"{caught.value} {caught.value.hint}"
