"""The main job, both processes real: `reverie demo` leaves what it promises."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reverie.server.demo.demo import FILES, run_demo
from reverie.server.demo.processes import DemoError
from reverie.server.media.files import read_picture

pytestmark = [
    pytest.mark.blender,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not importlib.util.find_spec("bpy"), reason="the demo needs Blender's Python module, bpy"),
]

# Opens the scene where nothing but the file is, and prints what paints the vase.
LOOK = """
import os, sys
import bpy
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
shader = bpy.data.objects["Vase"].active_material.node_tree.nodes["Principled BSDF"]
image = shader.inputs["Base Color"].links[0].from_node.image
print("painted with", image.name, "packed" if image.packed_file else "not packed", *image.size, flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "reverie", "demo", "--quick", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_everything_promised_is_there_and_said(demo: tuple[Path, str]) -> None:
    folder, said = demo
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert all(name in said for name in FILES) and str(folder) in said
    assert said.index("Rendering the photograph") < said.index("Dreaming") < said.index("Rendering the dream")


def test_the_dream_is_the_photograph_changed(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    photograph, dream = (pixels(folder / name) for name in ("texture.png", "dream.png"))
    assert photograph.shape == dream.shape == (512, 1024, 3)
    difference = np.abs(photograph - dream).mean()
    assert 1 / 255 < difference < 0.5, f"mean difference {difference}"


def test_the_vase_is_seen_to_change_and_the_room_is_not(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    before, after = (pixels(folder / name) for name in ("before.png", "after.png"))
    change = np.abs(before - after).mean(axis=2)
    height, width = change.shape
    vase = change[height // 3 : height * 2 // 3, width * 2 // 5 : width * 3 // 5]
    corner = change[: height // 6, : width // 6]
    assert vase.mean() > 5 * corner.mean()


def test_the_scene_holds_the_dream_packed_and_wired(demo: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = demo
    script = tmp_path / "look.py"
    script.write_text(LOOK, encoding="utf-8")
    alone = tmp_path / "scene.blend"
    alone.write_bytes((folder / "scene.blend").read_bytes())
    done = subprocess.run([sys.executable, script, alone], capture_output=True, text=True, timeout=120, check=True)
    assert "painted with texture dream packed 1024 512" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="ends a child process by its parent's id with pkill")
def test_a_server_that_dies_ends_the_demo_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="server died"):
        for phase in run_demo(tmp_path, quick=True):
            if phase.title == "Building the scene":
                subprocess.run(["pkill", "-KILL", "-P", str(os.getpid()), "-f", "reverie serve"], check=False)


def test_without_blender_the_demo_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DemoError, match="bpy") as caught:
        next(run_demo(tmp_path / "out"))
    assert "uv run reverie demo" in caught.value.hint
    assert not (tmp_path / "out").exists()


def pixels(path: Path) -> np.ndarray:
    """RGB of a picture file, H×W×3, 0..1."""
    values = read_picture(path).pixels
    return values[..., :3].astype(np.float32) / np.iinfo(values.dtype).max
