"""Animations rendered and dreamed by headless Blender: in one go, from disk, by the command, and killed midway."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_process import ServerProcess

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent / "scripts"

pytestmark = [pytest.mark.blender, pytest.mark.timeout(600)]
pytest.importorskip("bpy", reason="headless Blender (the module bpy) is not installed for this Python")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ServerProcess(tmp_path_factory.mktemp("spool") / "spool") as process:
        yield process.endpoint.removeprefix("tcp://")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    profile = tmp_path_factory.mktemp("profile")
    extensions = profile / "extensions" / "user_default"
    extensions.mkdir(parents=True)
    (extensions / "reverie").symlink_to(ROOT)
    return profile


def start(profile: Path, script: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, SCRIPTS / f"{script}.py", *words],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(profile)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def play(profile: Path, script: str, *words: str) -> str:
    process = start(profile, script, *words)
    said, _ = process.communicate(timeout=500)
    assert process.returncode == 0 and said.rstrip().endswith("OK"), said
    return said


def kill_once_it_says(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if words in line:
            process.kill()
            break
    process.stdout.close()
    assert process.wait() == -9, "".join(said)


def dreams(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "shot dream").glob("*.png")}


def test_settings_names_and_cuts_are_as_blender_has_them(profile: Path) -> None:
    play(profile, "sampled", "127.0.0.1:1")


def test_an_animation_is_dreamed_while_it_renders_and_from_disk(profile: Path, server: str) -> None:
    play(profile, "animated", server)


def test_the_command_killed_again_and_again_ends_as_if_undisturbed(profile: Path, server: str, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
        play(profile, "commanded", str(folder), "prepare", server)
    assert "STATUS 0" in play(profile, "commanded", str(whole), "animation", server)
    assert len(dreams(whole)) == 4 and not (whole / "shot dream" / "passes").exists()
    for words in ("shot_0001.png", "shot_0003.png"):
        kill_once_it_says(start(profile, "commanded", str(killed), "animation", server), words)
    said = play(profile, "commanded", str(killed), "animation", server)
    assert "STATUS 0" in said and "shot_0001.png" not in said, said
    assert dreams(killed) == dreams(whole)
    assert not (killed / "shot dream" / "passes").exists()


def test_the_command_explains_itself(profile: Path, server: str, tmp_path: Path) -> None:
    play(profile, "commanded", str(tmp_path), "prepare", server)
    said = play(profile, "commanded", str(tmp_path), "animation", "--frames", "9-2", server)
    assert "are no frames: write them as 1-60" in said and "STATUS 2" in said
    said = play(profile, "commanded", str(tmp_path), "animation", "--on-disk", server)
    assert "Render the animation first" in said and "STATUS 1" in said and "Traceback" not in said
