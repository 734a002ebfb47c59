"""``reverie dream`` as a person meets it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from reverie.server.cli import COMMANDS, main
from reverie.server.cli.progress import spoken
from reverie.server.media.files import read_picture, read_record, write_picture
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import SECTIONS, DreamSettings

QUICK = ("--network", "ornament", "--octaves", "1", "--iterations", "2", "--device", "cpu", "--precision", "float32")
REVERIE = (sys.executable, "-m", "reverie")


@pytest.fixture
def bricks(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(5).integers(0, 65536, (40, 48, 4), "u2")
    path = tmp_path / "bricks.png"
    write_picture(path, Picture(PictureInfo(pixels.shape, "u16", "sRGB", "straight"), pixels))
    return path


def reverie(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("arguments", [("dream", "bricks.png", "out.png"), ("serve", "--listen", ":0")])
def test_without_torch_the_commands_that_need_it_say_so(bricks: Path, arguments: tuple[str, ...]) -> None:
    code = f"import sys; sys.modules['torch'] = None; from reverie.server.cli import main; main({list(arguments)})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=bricks.parent)
    assert done.returncode == 1
    assert "needs torch" in done.stderr and "pip install 'reverie[server]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_command_without_torch() -> None:
    code = (
        "import sys; from reverie.server.cli import main; main(['--help'], standalone_mode=False); "
        "print([name for name in ('torch', 'OpenImageIO', 'numpy') if name in sys.modules and name != 'numpy'])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.rstrip().endswith("[]")
    for name in COMMANDS:
        assert re.search(rf"^  {name}\b", shown, re.MULTILINE)


def test_the_help_lists_the_settings_by_section() -> None:
    shown = reverie("dream", "--help").stdout
    places = [shown.index(f"\n{title}:\n") for title in ("Options", "Settings", *SECTIONS.values())]
    assert places == sorted(places)
    assert shown.index("--guide FILE") < places[1]
    assert places[2] < shown.index("--measure") < places[3]
    assert "Matters only with --smoothing laplacian" in " ".join(shown.split())


def test_dream_keeps_form_and_alpha_and_tells_its_settings(bricks: Path, tmp_path: Path) -> None:
    out = tmp_path / "dream.png"
    result = reverie("dream", bricks, out, *QUICK, "--seed", "7")
    assert result.exit_code == 0, result.output
    before, after = read_picture(bricks), read_picture(out)
    assert after.info == before.info
    assert np.array_equal(after.pixels[..., 3], before.pixels[..., 3])
    assert (after.pixels[..., :3] != before.pixels[..., :3]).mean() > 0.5
    expected = DreamSettings(network="ornament", octaves=1, iterations=2, seed=7, precision="float32")
    assert read_record(out) == expected.record()


def test_strength_0_gives_the_picture_back(bricks: Path, tmp_path: Path) -> None:
    assert reverie("dream", bricks, tmp_path / "same.png", "--strength", "0").exit_code == 0
    assert np.array_equal(read_picture(tmp_path / "same.png").pixels, read_picture(bricks).pixels)


def test_nothing_changes_where_the_mask_is_black(bricks: Path, tmp_path: Path) -> None:
    values = np.zeros((40, 48, 1), "u1")
    values[:, 24:] = 255
    write_picture(tmp_path / "mask.png", Picture(PictureInfo(values.shape, "u8"), values))
    result = reverie("dream", bricks, tmp_path / "out.png", *QUICK, "--mask", tmp_path / "mask.png")
    assert result.exit_code == 0, result.output
    before, after = read_picture(bricks).pixels, read_picture(tmp_path / "out.png").pixels
    assert np.array_equal(after[:, :24], before[:, :24])
    assert (after[:, 24:, :3] != before[:, 24:, :3]).mean() > 0.5


def test_a_guide_leads_the_dream(bricks: Path, tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 256, (33, 57, 3), "u1")
    write_picture(tmp_path / "guide.png", Picture(PictureInfo(values.shape, "u8"), values))
    assert reverie("dream", bricks, tmp_path / "free.png", *QUICK).exit_code == 0
    result = reverie("dream", bricks, tmp_path / "led.png", *QUICK, "--guide", tmp_path / "guide.png")
    assert result.exit_code == 0, result.output
    free, led = (read_picture(tmp_path / name).pixels for name in ("free.png", "led.png"))
    assert (free[..., :3] != led[..., :3]).mean() > 0.5


def test_like_repeats_a_dream_and_options_win(bricks: Path, tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first.png", "again.png", "other.png"))
    reverie("dream", bricks, first, *QUICK, "--seed", "3", "--strength", "0.5")
    assert reverie("dream", bricks, again, "--like", first, "--device", "cpu").exit_code == 0
    assert np.array_equal(read_picture(again).pixels, read_picture(first).pixels)
    reverie("dream", bricks, other, "--like", first, "--preset", "classic", "--strength", "0", "--device", "cpu")
    record = read_record(other)
    assert (record["seed"], record["octaves"], record["strength"]) == (3, 4, 0.0)


def test_an_array_holds_the_dream_unrounded(bricks: Path, tmp_path: Path) -> None:
    assert reverie("dream", bricks, tmp_path / "dream.npy", *QUICK).exit_code == 0
    array = np.load(tmp_path / "dream.npy")
    assert array.dtype == np.float32
    assert array.shape == (40, 48, 4)
    assert array.min() >= 0
    assert array.max() <= 1
    steps = array[..., :3] * 65535
    assert np.abs(steps - steps.round()).mean() > 0.1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("missing.png", "a.png"), ["missing.png does not exist"]),
        ((".", "a.png"), ["is a folder"]),
        (("text.png", "a.png"), ["text.png", "can't be read"]),
        (("empty.png", "a.png"), ["empty.png", "can't be read"]),
        (("half.png", "a.png"), ["half.png is damaged"]),
        (("bricks.png", "a.bmp"), [".bmp", ".png", ".npy"]),
        (("bricks.png", "nowhere/a.png"), ["nowhere does not exist"]),
        (("bricks.png", "a.png", "--guide", "gone.png"), ["gone.png does not exist"]),
        (("bricks.png", "a.png", "--mask", "text.png"), ["text.png", "can't be read"]),
        (("bricks.png", "a.png", "--octaves", "99"), ["Octaves", "1 to 16"]),
        (("bricks.png", "a.png", "--step", "nan"), ["Step", "0 to 64"]),
        (("bricks.png", "a.png", "--precision", "double"), ["Precision", "bfloat16"]),
        (("bricks.png", "a.png", "--network", "ornamint"), ["ornamint", "ornament"]),
        (("bricks.png", "a.png", "--network", "ornament", "--layers", "nothing"), ["nothing", "ornaments"]),
        (("bricks.png", "a.png", "--preset", "clasic"), ["clasic", "classic"]),
        (("bricks.png", "a.png", "--like", "bricks.png"), ["does not tell the settings"]),
        (("bricks.png", "a.png", "--device", "cuda:77"), ["cuda:77", "cpu"]),
        (("bricks.png", "a.png", "--server", "not an address"), ["not an address"]),
        (("bricks.png", "a.png", "--octaves", "many"), ["many"]),
        (("bricks.png",), ["OUT"]),
    ],
)
def test_bad_input_is_told_in_words(
    bricks: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: list[str]
) -> None:
    folder = bricks.parent
    monkeypatch.chdir(folder)
    (folder / "text.png").write_text("This is a letter.")
    (folder / "empty.png").touch()
    (folder / "half.png").write_bytes(bricks.read_bytes()[:4000])
    before = sorted(folder.iterdir())
    result = reverie("dream", *arguments)
    assert result.exit_code == 2, result.output
    assert all(part in result.stderr for part in told), result.stderr
    assert "Traceback" not in result.output
    assert sorted(folder.iterdir()) == before


def test_no_server_is_told_in_words(bricks: Path) -> None:
    result = reverie("dream", bricks, bricks.with_name("a.png"), "--server", "127.0.0.1:9")
    assert result.exit_code == 1
    assert "127.0.0.1:9" in result.stderr
    assert "reverie serve" in result.stderr


def test_debug_shows_the_traceback(bricks: Path) -> None:
    result = reverie("--debug", "dream", bricks, bricks.with_name("a.png"), "--octaves", "99")
    assert type(result.exception).__name__ == "SettingError"


def test_a_pipe_sees_plain_lines(bricks: Path, tmp_path: Path) -> None:
    command = [*REVERIE, "dream", bricks, tmp_path / "out.png", *QUICK]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"ornament: step 2 of 2", lines[-2])
    assert re.fullmatch(r".*out\.png: 48 × 40 pixels, dreamed in \d+ s\.", lines[-1])
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_a_terminal_sees_a_bar_and_ctrl_c_ends_it(bricks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    terminal, inner = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    command = [*REVERIE, "dream", bricks, out, *QUICK, "--iterations", "2000"]
    process = subprocess.Popen(
        command,
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env=environment,
        # As in any terminal, even where the tests themselves run in the background, which ignores Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    os.close(inner)
    try:
        shown = read_until(terminal, r"\d+/2000.*\d+ s left", seconds=120)
        assert "━" in shown
        process.send_signal(signal.SIGINT)
        assert "Stopped." in read_until(terminal, r"Stopped\.", seconds=30)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bricks.png"]


def read_until(terminal: int, pattern: str, seconds: float) -> str:
    shown, deadline = "", time.monotonic() + seconds
    while time.monotonic() < deadline and not re.search(pattern, shown):
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # The other end is closed.
                break
    assert re.search(pattern, shown), shown
    return shown


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "under 1 s"), (59.4, "59 s"), (125, "2 min 5 s"), (4330, "1 h 12 min")]
)
def test_durations_are_told_as_people_do(seconds: float, words: str) -> None:
    assert spoken(seconds) == words
