"""`reverie extension build` as typed: six zips that Blender accepts, with what belongs in them and nothing else."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from reverie.server.extension.builder import run_builder
from reverie.server.extension.tree import ROOT
from reverie.server.extension.trial import this_platform
from reverie.server.extension.wheels import PLATFORMS, Target, default_cache, fetch, shelf

pytestmark = [pytest.mark.blender, pytest.mark.timeout(600)]
needs_bpy = pytest.mark.skipif(not importlib.util.find_spec("bpy"), reason="Blender's Python module is not installed")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zips")
    done = reverie("extension", "build", "--out", str(folder))
    if "Not one wheel" in done.stderr:
        pytest.skip("no wheel could be fetched here: no package index is in reach")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def reverie(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a person types it, on a wide terminal."""
    command = [sys.executable, "-m", "reverie", *arguments]
    return subprocess.run(command, env=os.environ | {"COLUMNS": "200"}, capture_output=True, text=True, check=False)


def zips(dist: Path) -> dict[str, zipfile.ZipFile]:
    return {path.name: zipfile.ZipFile(path) for path in dist.glob("*.zip")}


def generated(archive: zipfile.ZipFile) -> dict:
    """What Blender's builder wrote into the manifest of one platform's zip: its platforms and its wheels."""
    return tomllib.loads(archive.read("blender_manifest.toml").decode())["build"]["generated"]


def test_there_is_one_zip_a_platform(dist: Path) -> None:
    platforms = [platform for archive in zips(dist).values() for platform in generated(archive)["platforms"]]
    assert sorted(platforms) == sorted(PLATFORMS)


def test_each_zip_has_both_wheels_for_both_pythons_and_names_them(dist: Path) -> None:
    for name, archive in zips(dist).items():
        wheels = {f"./{path}" for path in archive.namelist() if path.endswith(".whl")}
        assert wheels == set(generated(archive)["wheels"]), name
        kinds = sorted("-".join(Path(wheel).name.split("-")[0:3:2]) for wheel in wheels)
        assert kinds == ["msgpack-cp311", "msgpack-cp313", "msgpack-cp314", "pyzmq-cp311", "pyzmq-cp312"], name


INSIDE = {"__init__.py", "blender_manifest.toml", "addon", "shared", "wheels", "LICENSE", "README.md"}


def test_only_what_blender_needs_is_inside(dist: Path) -> None:
    for name, archive in zips(dist).items():
        tops = {path.split("/")[0] for path in archive.namelist()}
        assert tops == {"__init__.py", "blender_manifest.toml", "addon", "shared", "wheels", "LICENSE", "README.md"}, (
            name
        )
        assert "addon/__init__.py" in archive.namelist()
        assert not [path for path in archive.namelist() if "headless" in path or "__pycache__" in path]


def test_blender_alone_packs_the_same_files_from_the_checkout(dist: Path, tmp_path: Path) -> None:
    run_builder("build", "--source-dir", ROOT, "--output-dir", tmp_path)
    (alone,) = (set(archive.namelist()) for archive in zips(tmp_path).values())
    for archive in zips(dist).values():
        assert {path for path in archive.namelist() if not path.startswith("wheels/")} == alone


def test_the_repository_offers_them_all(dist: Path) -> None:
    offered = json.loads((dist / "index.json").read_text(encoding="utf-8"))["data"]
    assert {Path(entry["archive_url"]).name for entry in offered} == set(zips(dist))
    assert "reverie" in (dist / "index.html").read_text(encoding="utf-8").lower()


def test_wheels_that_cannot_be_had_are_named(dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dist  # so that the cache is full
    cache = shutil.copytree(default_cache(), tmp_path / "wheels")
    gone = [Target("pyzmq", "3.11", "windows-arm64"), Target("msgpack", "3.13", "macos-x64")]
    for target in gone:
        shutil.rmtree(shelf(target, cache))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    wheels, missing = fetch(cache)
    assert missing == gone
    assert str(missing[0]) == "pyzmq for windows-arm64, Python 3.11"
    assert len(wheels) == len({wheel.name for wheel in wheels}) == 26


@needs_bpy
def test_the_zip_works_in_the_blender_of_this_environment(dist: Path) -> None:
    done = reverie("extension", "test", "--zip", str(next(dist.glob(f"*-{this_platform().replace('-', '_')}.zip"))))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "works" in done.stdout


@needs_bpy
def test_a_zip_that_does_not_work_is_said_not_to(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(broken, "w") as archive:
        archive.write(ROOT / "blender_manifest.toml", "blender_manifest.toml")
        archive.writestr("__init__.py", "def register():\n    raise RuntimeError('the roof fell in')\n")
    done = reverie("extension", "test", "--zip", str(broken))
    assert done.returncode == 1
    assert "the roof fell in" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
