"""Zoom films: every frame a dream of the one before; stopped anywhere, they go on as if they never were."""

from __future__ import annotations

import dataclasses
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from reverie.server.dream.wrap import OPEN
from reverie.server.film.folder import Folder
from reverie.server.film.making import FilmProgress, Job, make_film
from reverie.server.film.zoom import Frame, Script, film_frames, moved, opening
from reverie.server.media.errors import MediaError
from reverie.server.media.files import read_picture, read_record
from reverie.server.still import Done, NetworkLoader, dream_picture
from reverie.shared.film import Film, Motion
from reverie.shared.keyframes import animated
from reverie.shared.picture import Picture
from reverie.shared.settings import DreamSettings

CPU = torch.device("cpu")
QUICK = DreamSettings(network="ornament", octaves=1, iterations=2, seed=3, precision="float32")
SCRIPT = Script(animated(QUICK, {"step": "1:1, 5:4"}), animated(Motion(), {"turn": "1:0, 5:10 ease"}))


def job(bricks: Path, name: str = "film", frames: int = 4, script: Script = SCRIPT, suffix: str = ".png") -> Job:
    return Job(bricks, bricks.parent / name, suffix, Film(frames=frames), script)


def made(job: Job, networks: NetworkLoader, *, anew: bool = False) -> list[FilmProgress]:
    return list(make_film(job, networks, CPU, anew=anew))


def contents(folder: Path) -> dict[str, bytes]:
    """What the files of a folder hold; of EXR files, which tell the time they were written, the pixels."""
    return {
        path.name: read_picture(path).pixels.tobytes() if path.suffix == ".exr" else path.read_bytes()
        for path in folder.iterdir()
    }


def dreamed(picture: Picture, settings: DreamSettings, networks: NetworkLoader) -> Picture:
    *_, last = dream_picture(picture, settings, networks, CPU)
    assert isinstance(last, Done)
    return last.picture


def test_every_frame_is_a_dream_of_the_one_before_moved(bricks: Path, networks: NetworkLoader) -> None:
    picture = opening(read_picture(bricks))
    events = film_frames(picture, SCRIPT, networks, CPU)
    frames = list(islice((event for event in events if isinstance(event, Frame)), 3))
    for number, frame in enumerate(frames, 1):
        settings = QUICK.replace(step=1 + 0.75 * (number - 1), seed=3 + number - 1)
        if number > 1:
            picture = moved(picture, SCRIPT.motion.at(number), OPEN, CPU)
        picture = dreamed(picture, settings, networks)
        assert frame.number == number
        assert np.array_equal(frame.picture.pixels, picture.pixels)


def test_noise_starts_the_first_frame_alone(networks: NetworkLoader) -> None:
    script = Script(animated(QUICK.replace(start="white"), {}), animated(Motion(), {}))
    assert [script.dream(frame).start for frame in (1, 2, 9)] == ["white", "picture", "picture"]


@pytest.mark.parametrize("suffix", [".png", ".exr"])
def test_stopped_anywhere_a_film_goes_on_as_if_it_never_was(
    bricks: Path, networks: NetworkLoader, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    made(job(bricks, "whole", suffix=suffix), networks)
    stopped = job(bricks, "stopped", suffix=suffix)
    for _ in islice(make_film(stopped, networks, CPU), 4):  # in the midst of the second frame
        pass
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # between a frame and its exact copy
        patch.setattr(np, "save", _interrupt)
        made(stopped, networks)
    assert any(stopped.folder.glob("last-*.npy"))
    progress = made(stopped, networks)
    assert progress[0].frames >= 1
    assert contents(stopped.folder) == contents(bricks.parent / "whole")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_finished_film_is_left_alone(bricks: Path, networks: NetworkLoader) -> None:
    made(job(bricks), networks)
    before = contents(job(bricks).folder)
    assert sorted(before) == ["0001.png", "0002.png", "0003.png", "0004.png", "film.json"]
    assert made(job(bricks), networks) == made(job(bricks, frames=2), networks) == []
    assert contents(job(bricks).folder) == before
    with pytest.raises(MediaError, match="finished with 4 frames"):
        made(job(bricks, frames=5), networks)


def test_an_unfinished_film_may_become_longer_or_shorter(bricks: Path, networks: NetworkLoader) -> None:
    made(job(bricks, "whole", frames=3), networks)
    for event in make_film(job(bricks, frames=9), networks, CPU):
        if event.frames == 2:
            break
    made(job(bricks, frames=3), networks)
    assert contents(job(bricks).folder) == contents(bricks.parent / "whole")


def test_a_film_that_ran_out_of_memory_goes_on_in_tiles(bricks: Path, networks: NetworkLoader) -> None:
    for event in make_film(job(bricks), networks, CPU):
        if event.frames == 2:
            break
    still = SCRIPT.dreams.still.replace(tile=64, memory=1.0)
    tiled = Script(dataclasses.replace(SCRIPT.dreams, still=still), SCRIPT.motion)
    assert made(job(bricks, script=tiled), networks)[0].frames == 2


def test_another_film_is_not_mixed_in_but_may_replace_the_first(bricks: Path, networks: NetworkLoader) -> None:
    made(job(bricks), networks)
    other = job(bricks, frames=2, script=Script(SCRIPT.dreams, animated(Motion(zoom=0.1), {})))
    with pytest.raises(MediaError, match=r"4 frames of a film that differs in zoom, turn") as caught:
        made(other, networks)
    assert "--force" in caught.value.hint
    notes = job(bricks).folder / "notes.txt"
    notes.write_text("mine")
    made(other, networks, anew=True)
    assert sorted(contents(other.folder)) == ["0001.png", "0002.png", "film.json", "notes.txt"]


def test_frames_of_somebody_else_are_never_touched(bricks: Path, networks: NetworkLoader) -> None:
    folder = job(bricks).folder
    folder.mkdir()
    (folder / "0007.png").write_bytes(b"a render")
    for anew in (False, True):
        with pytest.raises(MediaError, match="not of a film made here"):
            made(job(bricks), networks, anew=anew)
    assert contents(folder) == {"0007.png": b"a render"}


def test_a_missing_frame_is_named(bricks: Path, networks: NetworkLoader) -> None:
    made(job(bricks), networks)
    (job(bricks).folder / "0002.png").unlink()
    with pytest.raises(MediaError, match=r"0002\.png is missing"):
        made(job(bricks), networks)


def test_frames_keep_depth_and_alpha_and_tell_their_settings(bricks: Path, networks: NetworkLoader) -> None:
    made(job(bricks, frames=3), networks)
    first, third = (job(bricks).folder / f"000{number}.png" for number in (1, 3))
    assert read_picture(third).info == read_picture(bricks).info
    assert np.array_equal(read_picture(first).pixels[..., 3], read_picture(bricks).pixels[..., 3])
    assert read_record(third) == SCRIPT.dream(3).record()


def test_a_film_from_noise_has_the_size_asked_for(bricks: Path, networks: NetworkLoader) -> None:
    script = Script(animated(QUICK.replace(start="white"), {}), SCRIPT.motion)
    film = dataclasses.replace(job(bricks, script=script), source=None, film=Film(frames=2, width=40, height=24))
    made(film, networks)
    assert read_picture(film.folder / "0002.png").info.shape == (24, 40, 3)


def test_progress_counts_frames_and_ends_with_nothing_left(bricks: Path, networks: NetworkLoader) -> None:
    progress = made(job(bricks), networks)
    done = [event.frames + event.share for event in progress]
    assert done == sorted(done) and done[0] == 0 and done[-1] == 4
    assert progress[-1].seconds_left == 0


def test_a_folder_gives_back_exactly_what_it_was_given(tmp_path: Path, bricks: Path) -> None:
    picture = opening(read_picture(bricks))
    folder = Folder(tmp_path / "f", ".png", {"a": 1})
    folder.add(picture, read_picture(bricks).info, {})
    again = Folder(tmp_path / "f", ".png", {"a": 1})
    assert again.done == 1 and np.array_equal(again.last(picture.info).pixels, picture.pixels)
