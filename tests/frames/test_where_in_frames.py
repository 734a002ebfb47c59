"""A frame is dreamed where its mask lets it, and nowhere else."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from reverie.server.frames.decoding import decode
from reverie.server.frames.dreaming import dream_frame
from reverie.server.masks.painting import mask_of
from reverie.server.still import Networks
from reverie.shared.declaration import SettingError
from reverie.shared.frames.frame import FrameFile, FrameRequest, FrameResult
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.frames.where import parse
from reverie.shared.settings import DreamSettings

SETTINGS = DreamSettings(network="ornament", layers="", octaves=1, iterations=2)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> FrameFile:
    if not importlib.util.find_spec("bpy"):
        pytest.skip("the frame is rendered with bpy")
    folder = tmp_path_factory.mktemp("spinner")
    command = [sys.executable, "-m", "reverie.server.footage", str(folder), "--scene", "spinner", "--frames", "1"]
    subprocess.run([*command, "--size", "64x36", "--samples", "2"], check=True, timeout=200)
    return FrameFile(".exr", (folder / "0001.exr").read_bytes())


def dreamed(request: FrameRequest) -> tuple[np.ndarray, FrameResult]:
    """What the dream added, HxW, the largest of the colours, and the result."""
    *_, result = dream_frame(request, Networks(), torch.device("cpu"))
    assert isinstance(result, FrameResult)
    after = decode(result.frame)
    assert after.layers
    dream = after.layers.find("dream")
    assert dream
    return np.abs(after.layers.read(dream, "RGB") - after.picture.pixels[..., :3]).max(2), result


@pytest.mark.blender
@pytest.mark.parametrize("where", ["object(Wing *)", "material(*) & depth(0-7)", "-object(Wall), soft(4)"])
def test_only_what_the_mask_covers_is_dreamed(rendered: FrameFile, where: str) -> None:
    request = FrameRequest(rendered, ".exr", SETTINGS, FrameSettings(where=where))
    mask = mask_of(parse(where), decode(rendered).passes, (36, 64)).values
    assert mask is not None
    covered = mask[0, 0].numpy()
    assert 0.01 < covered.mean() < 0.9
    everywhere, _ = dreamed(replace(request, frames=FrameSettings()))
    change, result = dreamed(request)
    assert not result.warnings
    assert (change[covered == 0] == 0).all()
    assert change[covered == 1].mean() > 0.5 * everywhere[covered == 1].mean() > 0.002


@pytest.mark.blender
def test_a_name_that_is_not_there_is_warned_of(rendered: FrameFile) -> None:
    request = FrameRequest(rendered, ".exr", SETTINGS, FrameSettings(where="object(Hab)"))
    change, result = dreamed(request)
    assert not change.any()
    assert result.warnings == ("No object in this frame is called Hab. Did you mean Hub?",)


def test_a_mask_that_is_none_is_refused_where_it_is_set() -> None:
    with pytest.raises(SettingError, match="can't be read"):
        FrameSettings.from_mapping({"where": "Vase"})
