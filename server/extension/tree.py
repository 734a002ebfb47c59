"""Which of the project's files Blender gets."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The manifest's own exclusions say the same for whoever builds in the checkout with Blender alone.
PARTS = ("__init__.py", "blender_manifest.toml", "addon", "shared", "LICENSE", "README.md")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*")


def copy_extension(target: Path) -> None:
    """Copy what the extension consists of into the new folder ``target``: Blender's side and the shared one.

    ``target`` is then what Blender calls a package: a zip's contents without the wheels.
    """
    target.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=_LEFT_OUT)
        elif source.exists():
            shutil.copy2(source, target / part)
