"""A trial of the zip: installed into a fresh profile of a Blender, enabled, looked at, switched off."""

from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .blenders import Blender
from .errors import ExtensionError
from .tree import ROOT

_SMOKE = ROOT / "addon" / "headless" / "smoke.py"
_SYSTEMS = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. ``problems`` are sentences; empty when all is well."""

    blender: str
    zmq: str
    problems: tuple[str, ...]


def this_platform() -> str:
    """Blender's name for the machine this runs on. Raises `ExtensionError` where Blender has none."""
    machine = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x64"
    try:
        return f"{_SYSTEMS[platform.system()]}-{machine}"
    except KeyError:
        raise ExtensionError(f"There is no Blender for {platform.system()}.", "Use Linux, Windows or macOS.") from None


def try_extension(blender: Blender, zip_file: Path, profile: Path, timeout: float = 300) -> Trial:
    """Install ``zip_file`` into the fresh ``profile`` of ``blender`` and look at it, for ``timeout`` seconds at most.

    The zip stays installed in the profile, switched off.
    """
    try:
        done = blender.run(_SMOKE, str(zip_file.resolve()), profile=profile, timeout=timeout)
    except subprocess.TimeoutExpired:
        return Trial(blender.title, "", (f"It did not answer within {timeout:g} s.",))
    try:
        record = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return Trial(blender.title, "", (f"It ended with status {done.returncode}:\n{done.stdout.strip()}",))
    source = "from the zip" if record["bundled"] else "from the environment"
    return Trial(record["blender"], f"{record['zmq']} {source}" if record["zmq"] else "", tuple(record["problems"]))
