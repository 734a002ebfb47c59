"""The add-on from the checkout, linked as an extension, in headless Blender."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from server_process import ServerProcess

from reverie.server.service.keyring import Keyring, Pairing
from reverie.shared.wire.invite import INVITE
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


@pytest.mark.parametrize(("form", "travelled"), [("auto", {"f32"}), ("half", {"u8", "f16"})])
def test_every_kind_of_image_comes_back_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, travelled: set[str]
) -> None:
    monkeypatch.setenv("PICTURES", form)
    server = ScriptedServer()
    try:
        play("untouched", server.address, tmp_path)
    finally:
        server.close()
    assert {inputs["picture"].info.dtype for inputs in server.inputs} == travelled


def test_a_guide_and_a_mask_go_along_and_detail_is_a_layer(tmp_path: Path) -> None:
    server = ScriptedServer()
    server.warnings = ["The dream's worker died; trying again (2 of 3)."]
    try:
        said = play("inputs", server.address, tmp_path)
    finally:
        server.close()
    assert "“Bricks”: The dream's worker died" in said
    first, again, alone, layer, data = server.inputs
    assert {name: picture.info.shape for name, picture in first.items()} == {
        "picture": (48, 48, 4),
        "guide": (40, 40, 4),
        "mask": (24, 24, 4),
    }
    assert {name: picture.data() for name, picture in again.items()} == {n: p.data() for n, p in first.items()}
    assert set(alone) == {"picture", "mask"}
    assert [each["picture"].info.colorspace for each in (first, layer, data)] == ["sRGB", "Linear Rec.709", "Non-Color"]


def test_the_compositors_node_comes_and_goes_without_a_trace(tmp_path: Path) -> None:
    play("composited", free_address(), tmp_path)


def test_renders_are_dreamt_and_mixed_by_the_compositor(tmp_path: Path) -> None:
    server = ScriptedServer(step_seconds=0.02)
    try:
        play("rendered", server.address, tmp_path)
    finally:
        server.close()
    sent = server.inputs[0]["picture"]
    assert sent.info.colorspace == "Linear Rec.709" and sent.info.alpha == "premultiplied"
    assert sent.pixels[..., :3].max() > 5, "highlights were clipped"


def test_a_server_behind_keys_is_paired_with_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path))
    with ServerProcess(tmp_path / "spool", "tcp://127.0.0.1:0", "--keys", "--json-ready") as server:
        assert server.ready_line, server.said()
        monkeypatch.setenv("INVITE", str(tmp_path / INVITE))
        monkeypatch.setenv("CODE", Pairing(Keyring(tmp_path / "keys")).open())
        play("paired", free_address(), tmp_path / "profile")
    (key,) = (tmp_path / "profile").rglob("client.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
