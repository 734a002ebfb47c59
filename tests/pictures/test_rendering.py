"""Motifs rendered with Blender: the roster knows them all, and they come out cut out, sharp and the same again."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reverie.server.pictures.classes import ROSTER
from reverie.server.pictures.errors import PicturesError
from reverie.server.pictures.files import load
from reverie.server.pictures.rendering import SCRIPT, Blender

pytestmark = [
    pytest.mark.blender,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not importlib.util.find_spec("bpy"), reason="motifs are rendered with bpy"),
]


def test_the_roster_and_blender_name_the_same_motifs() -> None:
    said = subprocess.run([sys.executable, SCRIPT, "--list"], capture_output=True, text=True, check=True).stdout
    assert json.loads(said.splitlines()[-1])["motifs"] == [m.name for m in ROSTER if m.source == "rendered"]


def test_motifs_are_rendered_cut_out_and_the_same_again(tmp_path: Path) -> None:
    with Blender(48, tmp_path / "profile") as blender:
        for name, seed in (("knot", 1), ("knot-again", 1), ("knot-other", 2), ("pagoda", 1)):
            blender.render(name.split("-")[0], [seed], tmp_path / f"{name}.png")
        with pytest.raises(PicturesError, match="unicorn"):
            blender.render("unicorn", [0], tmp_path / "unicorn.png")
        blender.render("star", [0], tmp_path / "star.png")
    first, again, other, pagoda = (load(tmp_path / f"{n}.png") for n in ("knot", "knot-again", "knot-other", "pagoda"))
    assert first.shape == (48, 48, 4)
    assert np.abs(first - again).max() < 2 / 255 < np.abs(first - other).mean()
    for picture in (first, pagoda):
        alpha = picture[..., 3]
        assert 0.1 < alpha.mean() < 0.9
        # It is framed so that it just fits: its longer side spans the picture.
        assert max(np.ptp(np.nonzero(alpha > 0.5), axis=1)) > 40
        assert picture[alpha > 0.5][:, :3].std() > 0.05
    assert not (tmp_path / "unicorn.png").exists() and (tmp_path / "star.png").exists()
