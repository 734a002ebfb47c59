"""The compiled packages the extension brings along, one wheel for every kind of machine Blender runs on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import platformdirs

from .errors import ExtensionError

# Blender's name for a platform, and the newest wheel tag its oldest supported system can load.
PLATFORMS = {
    "linux-x64": "manylinux_2_28_x86_64",
    "linux-arm64": "manylinux_2_28_aarch64",
    "windows-x64": "win_amd64",
    "windows-arm64": "win_arm64",
    "macos-arm64": "macosx_11_0_arm64",
    "macos-x64": "macosx_10_15_x86_64",
}
# Blender 4.2 to 5.0; 5.1 onwards; and 5.2 as Linux distributions build it, with the Python they have.
PYTHONS = ("3.11", "3.13", "3.14")
PACKAGES = ("pyzmq", "msgpack")  # numpy comes with Blender


@dataclass(frozen=True, slots=True)
class Target:
    """One wheel wanted."""

    package: str
    python: str
    platform: str

    def __str__(self) -> str:
        return f"{self.package} for {self.platform}, Python {self.python}"


def default_cache() -> Path:
    """Where wheels are kept from one build to the next."""
    return platformdirs.user_cache_path("reverie", appauthor=False) / "wheels"


def targets() -> Iterator[Target]:
    """Every wheel wanted; some files serve several of them."""
    return (Target(*wanted) for wanted in product(PACKAGES, PYTHONS, PLATFORMS))


def fetch(
    cache: Path, refresh: bool = False, fetched: Callable[[Target], None] = lambda _: None
) -> tuple[list[Path], list[Target]]:
    """Return the wheel files, each name once, and the targets for which none could be had.

    What was fetched before is taken from ``cache`` unless ``refresh``. ``fetched`` is called as each arrives.
    Raises `ExtensionError` where pip is missing or not one wheel could be had.
    """
    if importlib.util.find_spec("pip") is None:
        raise ExtensionError(
            "pip is not installed beside Reverie, and it fetches the wheels.",
            "Run this with “uv run”, or install the extra “blender”.",
        )
    wanted = list(targets())
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = []
        for target, wheel in zip(wanted, pool.map(lambda one: _wheel(one, cache, refresh), wanted), strict=True):
            fetched(target)
            found.append(wheel)
    wheels = {wheel.name: wheel for wheel in found if wheel}
    if not wheels:
        raise ExtensionError(
            "Not one wheel could be fetched.", "Look at this machine's network and pip's configuration, and try again."
        )
    return sorted(wheels.values()), [target for target, wheel in zip(wanted, found, strict=True) if not wheel]


def shelf(target: Target, cache: Path) -> Path:
    """The folder of ``cache`` where a wheel for ``target`` is kept; another one when other versions are required."""
    key = hashlib.sha256(f"{_requirement(target.package)} {target}".encode()).hexdigest()[:16]
    return cache / key


def _wheel(target: Target, cache: Path, refresh: bool) -> Path | None:
    folder = shelf(target, cache)
    if refresh or not any(folder.glob("*.whl")):
        _download(target, folder)
    return max(folder.glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime, default=None)


def _download(target: Target, folder: Path) -> None:
    """Have pip fetch the newest fitting wheel; where it finds none, the folder stays as it is."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
            *("--implementation", "cp", "--python-version", target.python, "--platform", PLATFORMS[target.platform]),
            *("--dest", str(folder), _requirement(target.package)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def _requirement(package: str) -> str:
    """The range of versions the package `reverie` itself asks for."""
    for line in importlib.metadata.requires("reverie") or ():
        if re.match(rf"{package}\b", line):
            return line
    raise LookupError(f"reverie does not require {package}")
