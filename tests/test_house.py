"""The house's own rules: style, types, the arrows between rooms, and what is packaged."""

import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("addon", "server", "shared", "tests")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def sources() -> list[Path]:
    return [*ROOT.glob("*.py"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize(
    "command",
    [("ruff", "check"), ("ruff", "format", "--check"), ("pyright", "--pythonpath", sys.executable), ("lint-imports",)],
    ids=lambda command: " ".join(command[:2]),
)
def test_the_checks_are_clean(command: tuple[str, ...]) -> None:
    program, *arguments = command
    path = Path(sysconfig.get_path("scripts")) / program
    done = subprocess.run([path, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)} complains:\n{done.stdout}{done.stderr}"


def test_every_package_is_listed_for_packaging() -> None:
    folders = {path.parent for room in ROOMS if room != "tests" for path in (ROOT / room).rglob("*.py")}
    found = {"reverie", *(f"reverie.{'.'.join(folder.relative_to(ROOT).parts)}" for folder in folders)}
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == found


def test_no_file_is_too_long_to_hold_in_the_head() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert not {path: length for path, length in lengths.items() if length > 400}


def test_every_dependency_has_an_upper_bound() -> None:
    project = PYPROJECT["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    groups += PYPROJECT["dependency-groups"].values()
    wanted = [line.split(";")[0] for group in groups for line in group if not line.startswith("reverie[")]
    assert not [line for line in wanted if "<" not in line and "==" not in line]


def test_the_extension_and_the_package_have_one_version() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert manifest["version"] == PYPROJECT["project"]["version"]
