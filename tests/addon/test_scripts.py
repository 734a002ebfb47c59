"""The add-on from the checkout, linked as an extension, in headless Blender."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent / "scripts"

pytestmark = [pytest.mark.blender, pytest.mark.timeout(300)]
pytest.importorskip("bpy", reason="headless Blender (the module bpy) is not installed for this Python")


def play(script: str, address: str, profile: Path) -> str:
    """Run a script in a fresh profile; returns what it printed."""
    extensions = profile / "extensions" / "user_default"
    extensions.mkdir(parents=True)
    (extensions / "reverie").symlink_to(ROOT)
    done = subprocess.run(
        [sys.executable, SCRIPTS / f"{script}.py", address],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(profile)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0 and done.stdout.rstrip().endswith("OK"), done.stdout
    return done.stdout


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_a_server_is_started_lost_and_ended(tmp_path: Path) -> None:
    play("served", free_address(), tmp_path)


def test_missing_modules_are_said(tmp_path: Path) -> None:
    play("bare", free_address(), tmp_path)


def test_every_kind_of_image_comes_back_untouched(tmp_path: Path) -> None:
    server = ScriptedServer()
    try:
        play("untouched", server.address, tmp_path)
    finally:
        server.close()
