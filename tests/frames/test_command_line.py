"""``reverie frames`` as a person meets it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from click.testing import CliRunner, Result

from reverie.server.cli import main
from reverie.server.film.video import write_video
from reverie.server.media.files import read_picture
from reverie.server.service.local import local_server
from reverie.shared.frames.run import Run

QUICK = ("--network", "ornament", "--octaves", "1", "--iterations", "1", "--device", "cpu", "--precision", "float32")


def frames(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["frames", *(str(argument) for argument in arguments)])


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_folder_with_keyframes_a_mask_and_a_video(film: Callable[..., Path], tmp_path: Path) -> None:
    folder, out, video = film("in", (3,)), tmp_path / "out", tmp_path / "film.mp4"
    mask = folder / "shot_0001.png"
    arguments = (*QUICK, "--strength", "1:0, 3:1", "--mask", mask, "--video", video, "--fps", "12")
    result = frames(folder, out, *arguments)
    assert result.exit_code == 0, result.output
    assert "frames: frame 3 of 3" in result.stdout
    assert result.stdout.splitlines()[-1].startswith(f"{out}: 3 frames dreamed in")
    assert sorted(results(out)) == ["shot_0001.png", "shot_0002.png", "shot_0003.png"]
    # Nothing is dreamed at strength 0.
    first = read_picture(out / "shot_0001.png").pixels
    assert (first == read_picture(folder / "shot_0001.png").pixels).all()
    with av.open(str(video)) as container:
        assert container.streams.video[0].average_rate == 12
    again = frames(folder, out, *arguments)
    assert "3 were right already" in again.stdout and "dreamed in" not in again.stdout


def test_another_format_and_part_of_a_sequence(film: Callable[..., Path], tmp_path: Path) -> None:
    folder, out = film("in", (2, 2)), tmp_path / "out"
    result = frames(folder / "shot_####.png", out, *QUICK, "--format", "exr", "--frames", "4")
    assert result.exit_code == 0, result.output
    assert "looking for cuts" in result.stdout
    assert list(results(out)) == ["shot_0004.exr"]
    whole = frames(folder, tmp_path / "whole", *QUICK, "--format", "exr")
    assert whole.exit_code == 0, whole.output
    assert results(tmp_path / "whole")["shot_0004.exr"] == results(out)["shot_0004.exr"]


def test_a_server_dreams_the_same_files(film: Callable[..., Path], tmp_path: Path) -> None:
    folder, here, there = film("in", (3, 2)), tmp_path / "here", tmp_path / "there"
    assert frames(folder, here, *QUICK).exit_code == 0
    with local_server("cpu") as server:
        part = frames(folder, there, *QUICK, "--server", server.address.line, "--frames", "5")
        assert part.exit_code == 0, part.output
        assert "looking for cuts" in part.stdout and list(results(there)) == ["shot_0005.png"]
        whole = frames(folder, there, *QUICK, "--server", server.address.line)
    assert whole.exit_code == 0, whole.output
    assert "4 frames dreamed in" in whole.stdout and "1 were right already" in whole.stdout
    assert results(there) == results(here)


def test_a_video_becomes_frames_and_a_video_beside_them(film: Callable[..., Path], tmp_path: Path) -> None:
    clip, out = tmp_path / "clip.mp4", tmp_path / "out"
    for _ in write_video(clip, sorted(film("in", (3,), side=32).iterdir()), 10):
        pass
    result = frames(clip, out, *QUICK)
    assert result.exit_code == 0, result.output
    assert sorted(results(out)) == ["clip_0001.png", "clip_0002.png", "clip_0003.png"]
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].average_rate == 10
        assert len(list(container.decode(video=0))) == 3


def test_a_broken_frame_is_told_and_the_exit_code_says_so(film: Callable[..., Path], tmp_path: Path) -> None:
    folder = film("in", (3,))
    (folder / "shot_0002.png").write_bytes(b"no picture")
    result = frames(folder, tmp_path / "out", *QUICK)
    assert result.exit_code == 3
    assert "frames: frame 2: " in result.stderr
    assert "Error: 1 of 3 frames failed, first frame 2: " in result.stderr
    assert "Traceback" not in result.output
    assert sorted(results(tmp_path / "out")) == ["shot_0001.png", "shot_0003.png"]


def test_ctrl_c_ends_in_a_sentence_and_the_same_command_goes_on(
    film: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = film("in", (3,)), tmp_path / "out"
    keep = Run.advance

    def stop_after_one(run: Run, seconds: float = 0.003) -> bool:
        if run.batch.progress.done == 1:
            raise KeyboardInterrupt
        return keep(run, seconds)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "advance", stop_after_one)
        result = frames(folder, out, *QUICK)
    assert result.exit_code == 130
    assert result.stderr.strip() == "Stopped: 1 of 3 frames are done. The same command goes on from there."
    result = frames(folder, out, *QUICK)
    assert result.exit_code == 0, result.output
    assert "2 frames dreamed in" in result.stdout and "1 were right already" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("in", "in"), ["where the frames come from"]),
        (("nowhere", "out"), ["nowhere does not exist"]),
        (("in", "out", "--frames", "9-3"), ["9-3", "1-250"]),
        (("in", "out", "--frames", "70-90"), ["no frame to dream"]),
        (("in", "out", "--coherence", "2"), ["Coherence", "0.0 to 1.0"]),
        (("in", "out", "--where", "objekt(Vase)"), ["objekt"]),
        (("in", "out", "--output", "detail"), ["--detail-layer"]),
        (("in", "out", "--step", "1:1, 9:99"), ["Step", "99"]),
        (("in", "out", "--network", "ornament", "--layers", "1:strokes, 5:stroks"), ["stroks", "strokes"]),
        (("in", "out", "--device", "cuda:77"), ["cuda:77"]),
        (("in", "out", "--video", "film.gif"), ["film.gif", ".mp4"]),
        (("in", "taken"), ["shot_0001.png, not dreamed here", "--force"]),
    ],
)
def test_bad_input_is_told_in_words(
    film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: list[str]
) -> None:
    folder = film("in", (1,))
    monkeypatch.chdir(folder.parent)
    Path("taken").mkdir()
    Path("taken/shot_0001.png").write_bytes(b"a render")
    result = frames(*arguments)
    assert result.exit_code == 2, result.output
    assert all(part in result.stderr for part in told), result.stderr
    assert "Traceback" not in result.output
    assert not Path("out").exists() or not results(Path("out"))
    assert results(Path("taken")) == {"shot_0001.png": b"a render"}


@pytest.mark.endurance
@pytest.mark.timeout(7200)
def test_killed_twenty_times_the_bytes_are_those_of_an_undisturbed_run(
    film: Callable[..., Path], tmp_path: Path
) -> None:
    folder = film("in", (25, 20, 15))
    command = [sys.executable, "-m", "reverie", "frames", str(folder)]
    subprocess.run([*command, str(tmp_path / "whole"), *QUICK], check=True, env=os.environ)
    out, chance, kills = tmp_path / "out", random.Random(3), 0
    for _ in range(20):
        process = subprocess.Popen([*command, str(out), *QUICK], stdout=subprocess.DEVNULL)
        before = results(out) if out.is_dir() else {}
        # It takes seconds to begin: killed then as well as in the midst of its frames.
        while process.poll() is None and chance.random() > 0.02 and (results(out) if out.is_dir() else {}) == before:
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 0.2))
        kills += process.poll() is None
        process.kill()
        process.wait()
    subprocess.run([*command, str(out), *QUICK], check=True)
    assert kills >= 10
    assert results(out) == results(tmp_path / "whole")
    assert len(results(out)) == 60
