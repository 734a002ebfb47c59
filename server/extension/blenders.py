"""The Blenders at hand, windows never needed: the program on the PATH, and the module `bpy` of any version."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ExtensionError


@dataclass(frozen=True, slots=True)
class Blender:
    """One Blender that can run a Python script without windows. A script's arguments are appended to ``command``."""

    title: str
    command: tuple[str, ...]
    is_program: bool = False

    def run(self, script: Path, *arguments: str, profile: Path, timeout: float) -> subprocess.CompletedProcess[str]:
        """Run ``script`` with the user profile in the folder ``profile`` and return its exit status and output.

        Raises `subprocess.TimeoutExpired` after ``timeout`` seconds, the process ended.
        """
        profile.mkdir(parents=True, exist_ok=True)
        before = ("--python-exit-code", "1", "--python", str(script), "--") if self.is_program else (str(script),)
        return subprocess.run(
            [*self.command, *before, *arguments],
            # Its temporary files, too, lie in the profile: some Blenders leave them behind.
            env={**os.environ, "BLENDER_USER_RESOURCES": str(profile), "TMPDIR": str(profile), "TEMP": str(profile)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=timeout,
            check=False,
        )


def blenders_at_hand(bpy_versions: Sequence[str] = ()) -> list[Blender]:
    """The Blenders of this machine, and after them one `bpy` for each version asked for. Raises `ExtensionError`."""
    found = []
    if importlib.util.find_spec("bpy"):
        found.append(Blender("bpy of this environment", (sys.executable,)))
    program = shutil.which("blender")
    if program:
        found.append(Blender(program, (program, "--background", "--factory-startup"), is_program=True))
    found += [bpy_module(version) for version in bpy_versions]
    if not found:
        raise ExtensionError(
            "No Blender was found to try the extension in.",
            "Run this with “uv run”, which brings Blender as a Python module, or put Blender on the PATH.",
        )
    return found


def bpy_module(version: str) -> Blender:
    """Blender's Python module of one version, in an environment of its own that uv makes. Raises `ExtensionError`."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        raise ExtensionError("uv was not found, and it brings the other Blenders.", "Install uv, or leave out --bpy.")
    series = tuple(int(part) for part in version.split(".")[:2])
    python = "3.11" if series <= (5, 0) else "3.13"
    environment = ("--no-project", "--isolated", "--quiet", "--python", python, "--with", f"bpy=={version}")
    return Blender(f"bpy {version}", (uv, "run", *environment, "python"))
