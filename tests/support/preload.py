"""Small libraries that stand between a process and the system, for faults that can't be had otherwise."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def library(name: str, folder: Path) -> str:
    """Build ``name``.c of this folder; returns the path to preload. Skips the test where that can't be done."""
    compiler = shutil.which("cc")
    if compiler is None or not Path("/proc/self/fd").is_dir():
        pytest.skip("needs a C compiler and Linux")
    built, source = folder / f"{name}.so", Path(__file__).with_name(f"{name}.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, source, "-ldl"], check=True)
    return str(built)
