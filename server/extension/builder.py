"""Blender's own builder of extensions: a script that comes with every Blender and runs without it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .errors import ExtensionError

_SCRIPT = "scripts/addons_core/bl_pkg/cli/blender_ext.py"


def find_builder() -> Path:
    """The builder of the Blender at hand: the module `bpy`, else the program `blender`. Raises `ExtensionError`."""
    for folder in _blender_folders():
        for script in (*folder.glob(_SCRIPT), *folder.glob(f"*/{_SCRIPT}")):
            return script
    raise ExtensionError(
        "No Blender was found, and its builder makes the zips.",
        "Run this with “uv run”, which brings Blender as a Python module, or put Blender on the PATH.",
    )


def run_builder(*arguments: str | Path) -> str:
    """Run the builder and return what it printed. Raises `ExtensionError` with its words where it refuses."""
    command = [sys.executable, "-I", find_builder(), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise ExtensionError(
            f"Blender's builder refused “{arguments[0]}”: {done.stdout.strip()}", "Correct blender_manifest.toml."
        )
    return done.stdout


def _blender_folders() -> Iterator[Path]:
    module = importlib.util.find_spec("bpy")  # finds it without running it
    if module and module.origin:
        yield Path(module.origin).parent
    program = shutil.which("blender")
    if program:
        yield Path(program).resolve().parent
        yield Path(program).resolve().parent.parent / "share" / "blender"
