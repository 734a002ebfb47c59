"""A render of today's Blender, dreamed, and what Blender sees in dreamed files."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from exr_passes import channels_of, headers_of

from reverie.server.frames.decoding import decode
from reverie.server.frames.encoding import encode
from reverie.shared.frames.frame import FrameFile

MEDIA = Path(__file__).parents[1] / "media"

pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(not importlib.util.find_spec("bpy"), reason="headless Blender (the module bpy) is missing"),
]


def blender(target: str, *files: Path) -> dict[str, dict]:
    script = MEDIA / "scripts" / "layers.py"
    done = subprocess.run([sys.executable, script, target, *files], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("LOOK ")]
    return {each["file"]: each for each in told}


def dream(source: Path, out: Path) -> Path:
    frame = decode(FrameFile(".exr", source.read_bytes()))
    out.write_bytes(encode(frame, frame.picture, ".exr", detail_layer=True).data)
    return out


def test_a_render_keeps_everything_and_blender_finds_the_dream(tmp_path: Path) -> None:
    rendered = tmp_path / "rendered.exr"
    blender(str(rendered))
    before = channels_of(rendered)
    passes = {name.split(".")[1] for name in before}
    assert {"Combined", "Depth", "Vector", "Normal", "CryptoObject00", "CryptoMaterial00"} <= passes
    files = {source: dream(source, tmp_path / f"{source.stem}_out.exr") for source in (rendered, *MEDIA.glob("*.exr"))}
    after, headers = channels_of(files[rendered]), headers_of(files[rendered])
    assert {name: after[name] for name in before} == before
    assert headers[: len(headers) - 2] == headers_of(rendered)

    seen = blender("", *files, *files.values())
    for source, out in files.items():
        old, new = seen[source.name], seen[out.name]
        assert new["type"] == "MULTILAYER"
        [layer] = old["layers"]
        assert set(new["layers"][layer]) == {*old["layers"][layer], "Dream"}
        assert new["layers"][f"{layer}.Dream"] == ["Detail"]
