"""`reverie pictures` from end to end where no Blender is needed: what it leaves, and that it goes on where it was."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from reverie.server.cli import main
from reverie.server.media.files import read_picture
from reverie.server.pictures import backdrops
from reverie.server.pictures.classes import choose
from reverie.server.pictures.errors import PicturesError, RequestError
from reverie.server.pictures.files import HELD_OUT, Recipe
from reverie.server.pictures.pictures import make_pictures

needs_photographs = pytest.mark.skipif(
    not importlib.util.find_spec("bpy"), reason="the photographs behind the motifs come with bpy"
)
RECIPE = Recipe(seed=5, size=32, renders=HELD_OUT)
CLASSES = "eye,honeycomb"


def make(root: Path, per_class: int = 3, recipe: Recipe = RECIPE) -> dict[str, list[tuple[int, int]]]:
    phases: dict[str, list[tuple[int, int]]] = {}
    for step in make_pictures(root, recipe, choose(CLASSES), per_class, jobs=1):
        phases.setdefault(step.phase, []).append((step.done, step.total))
    return phases


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures") / "set"
    make(root)
    return root


@needs_photographs
def test_each_class_gets_its_folders_and_the_sheet_shows_all(made: Path) -> None:
    names = {path.name for path in (made / "train").iterdir()}
    assert names == {path.name for path in (made / "held-out").iterdir()} == {"eye", "honeycomb"}
    assert [path.name for path in sorted((made / "train" / "eye").iterdir())] == ["00000.jpg", "00001.jpg", "00002.jpg"]
    assert len(list((made / "held-out" / "eye").iterdir())) == 1
    assert all(read_picture(path).info.shape == (32, 32, 3) for path in made.glob("train/*/*.jpg"))
    assert read_picture(made / "contact-sheet.jpg").pixels.std() > 10


@needs_photographs
def test_an_interrupted_run_goes_on_to_the_same_bytes(made: Path, tmp_path: Path) -> None:
    root = tmp_path / "again"
    shutil.copytree(made, root)
    lost = [root / "train" / "eye" / "00001.jpg", root / "held-out" / "honeycomb" / "00000.jpg"]
    for path in lost:
        path.unlink()
    kept = root / "train" / "eye" / "00000.jpg"
    before = kept.stat().st_mtime_ns
    phases = make(root)
    assert list(phases) == ["Composing pictures"]
    # Two that are done at the same moment are told of at once.
    assert phases["Composing pictures"] in ([(0, 2), (1, 2), (2, 2)], [(0, 2), (2, 2)])
    assert kept.stat().st_mtime_ns == before
    assert contents(root) == contents(made)


@needs_photographs
def test_another_seed_gives_other_pictures_and_does_not_mix_with_the_first(made: Path, tmp_path: Path) -> None:
    other = Recipe(seed=6, size=32, renders=HELD_OUT)
    with pytest.raises(RequestError, match="--seed 5"):
        make(made, recipe=other)
    make(tmp_path / "other", recipe=other)
    first, second = (read_picture(root / "train/eye/00000.jpg").pixels for root in (made, tmp_path / "other"))
    assert np.abs(first.astype(int) - second.astype(int)).mean() > 5


@needs_photographs
def test_nothing_half_written_is_left(made: Path) -> None:
    assert not [path for path in made.rglob("*") if "part" in path.name]


@needs_photographs
def test_without_room_it_says_so_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**6, 10**6, 1000))
    with pytest.raises(PicturesError, match="room"):
        make(tmp_path / "set")


def test_an_unknown_class_is_named_with_those_there_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["pictures", str(tmp_path / "set"), "--classes", "eye,unicorn"])
    assert done.exit_code == 2 and "unicorn" in done.output and "honeycomb" in done.output
    assert not (tmp_path / "set").exists()


def test_without_blender_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backdrops.importlib.util, "find_spec", lambda name: None)
    done = CliRunner().invoke(main, ["pictures", str(tmp_path / "set"), "--classes", "eye"])
    assert done.exit_code == 2 and "bpy" in done.output and "reverie[server,blender]" in done.output
    assert not (tmp_path / "set").exists()
