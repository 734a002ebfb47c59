"""The zip as an artist gets it, in every Blender we support: built, installed, enabled and dreamt with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reverie.server.extension.blenders import Blender, bpy_module
from reverie.server.extension.build import build
from reverie.server.extension.errors import ExtensionError
from reverie.server.extension.trial import Trial, this_platform, try_extension
from reverie.server.service.local import local_server

SCRIPTS = Path(__file__).parent / "scripts"

pytestmark = [pytest.mark.blender, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def zip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return build(tmp_path_factory.mktemp("dist")).zips[this_platform()]
    except ExtensionError as error:
        pytest.skip(f"no zip can be built here: {error} {error.hint}")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with local_server("cpu") as server:
        yield str(server.address)


@pytest.fixture(scope="module", params=["4.2.23", "4.5.15", "5.0.1", "5.2.3"])
def blender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Blender:
    blender = bpy_module(request.param)
    folder = tmp_path_factory.mktemp("probe")
    (folder / "probe.py").write_text("print('here')")
    probe = blender.run(folder / "probe.py", profile=folder, timeout=600)  # the first time, uv fetches 350 MB
    if probe.returncode != 0:
        pytest.skip(f"bpy {request.param} can't be had here: {probe.stdout.strip()[-300:]}")
    return blender


@pytest.fixture(scope="module")
def installed(blender: Blender, zip_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, Path]:
    profile = tmp_path_factory.mktemp("profile")
    return try_extension(blender, zip_file, profile), profile


def test_the_zip_installs_without_a_warning(installed: tuple[Trial, Path]) -> None:
    trial, _ = installed
    assert not trial.problems
    assert "from the zip" in trial.zmq


@pytest.mark.parametrize(
    "script",
    ["applied", "untouched", "problems", "disturbed", "inputs", "composited", "rendered", "sampled", "animated"],
)
def test_the_installed_zip_dreams(blender: Blender, installed: tuple[Trial, Path], address: str, script: str) -> None:
    _, profile = installed
    done = blender.run(SCRIPTS / f"{script}.py", address, profile=profile, timeout=300)
    assert done.returncode == 0 and done.stdout.rstrip().endswith("OK"), done.stdout
