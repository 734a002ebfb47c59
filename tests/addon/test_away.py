"""Blender is killed, quits or opens another file while dreams are under way: nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent / "scripts"

pytestmark = [pytest.mark.blender, pytest.mark.timeout(300)]
pytest.importorskip("bpy", reason="headless Blender (the module bpy) is not installed for this Python")


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    extensions = tmp_path / "profile" / "extensions" / "user_default"
    extensions.mkdir(parents=True)
    (extensions / "reverie").symlink_to(ROOT)
    return tmp_path / "profile"


def started(profile: Path, *words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, SCRIPTS / words[0], *words[1:]],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(profile)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def play(profile: Path, *words: str | Path) -> str:
    process = started(profile, *words)
    said, _ = process.communicate(timeout=280)
    assert process.returncode == 0 and said.rstrip().endswith("OK"), said
    return said


def play_to_the_kill(profile: Path, *words: str | Path) -> None:
    process = started(profile, *words)
    said, _ = process.communicate(timeout=280)
    assert process.returncode == -signal.SIGKILL and "LEFT" in said, said


def test_what_finished_while_blender_was_away_is_applied_where_it_belongs(profile: Path, tmp_path: Path) -> None:
    server, file = ScriptedServer(steps=20, step_seconds=0.02), tmp_path / "wall.blend"
    try:
        play_to_the_kill(profile, "away.py", "leave", file, server.address)
        play(profile, "away.py", "back", file, server.address)
        assert len(server.dreamt) == len(set(server.dreamt)) == 3
        assert sorted(server.released) == sorted(server.dreamt), "saved, they are not needed any more"
        play(profile, "away.py", "nothing", file, server.address)
        assert len(server.dreamt) == 3
    finally:
        server.close()


def test_what_is_still_being_dreamt_goes_on_by_itself(profile: Path, tmp_path: Path) -> None:
    server, file = ScriptedServer(steps=600, step_seconds=0.1), tmp_path / "wall.blend"
    try:
        play_to_the_kill(profile, "away.py", "leave", file, server.address)
        process = started(profile, "away.py", "resume", file, server.address)
        assert process.stdout
        for line in process.stdout:
            if line == "GOES ON\n":
                break
        server.step_seconds = 0.0
        rest, _ = process.communicate(timeout=280)
        assert process.returncode == 0, rest
        assert len(server.dreamt) == len(set(server.dreamt)) == 3
    finally:
        server.close()


def killed_at_random_points(profile: Path, folder: Path, kills: int) -> None:
    chance = random.Random(5)
    for number in range(kills):
        server, file = ScriptedServer(steps=10, step_seconds=0.02), folder / f"{number}.blend"
        try:
            process = started(profile, "away.py", "wander", file, server.address)
            assert process.stdout
            for line in process.stdout:
                if line == "BEGINS\n":
                    break
            time.sleep(chance.uniform(0.0, 1.0))
            process.kill()
            process.communicate()
            said = play(profile, "away.py", "home", file, server.address)
            found = {bytes.fromhex(job) for job in said.partition("FOUND")[2].partition("\n")[0].split()}
            assert len(server.dreamt) == len(set(server.dreamt)), "a dream was dreamt twice"
            assert found == set(server.dreamt), "a dream was lost"
        finally:
            server.close()


def test_blender_killed_at_any_moment_finds_all_that_was_dreamt(profile: Path, tmp_path: Path) -> None:
    killed_at_random_points(profile, tmp_path, kills=2)


@pytest.mark.endurance
@pytest.mark.timeout(3600)
def test_blender_killed_at_a_hundred_moments(profile: Path, tmp_path: Path) -> None:
    killed_at_random_points(profile, tmp_path, kills=100)


@pytest.mark.parametrize("how", ["stuck", "gone"])
def test_blender_quits_in_the_middle_of_sending_within_two_seconds(profile: Path, how: str) -> None:
    server = ScriptedServer()
    process = started(profile, "quits.py", server.address)
    assert process.stdout and process.stdin
    try:
        for line in process.stdout:
            if line == "SENDING\n":
                break
        server.silent = True
        if how == "gone":
            server.close()
        began = time.monotonic()
        said, _ = process.communicate("\n", timeout=60)
        assert process.returncode == 0, said
        assert float(said.partition("GONE AFTER ")[2].split()[0]) < 1.0, said
        assert time.monotonic() - began < 2.0, "Blender lingers for a server that is gone"
    finally:
        process.kill()
        if how == "stuck":
            server.close()
    (left,) = profile.rglob("*.json")
    assert '"image": "Large"' in left.read_text(), "what was under way is forgotten"
