"""The wire as Blender sees it: measured inside headless Blender, in a process of its own."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ...shared.wire.address import Address
from ..extension.blenders import Blender
from ..extension.tree import ROOT, copy_extension

TIMEOUT = 300.0


def blender_round_trips(blender: Blender, address: Address, side: int, rounds: int) -> dict[str, list[float]]:
    """What ``addon/headless/bench_wire.py`` measures. Raises RuntimeError with Blender's last words."""
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as folder:
        profile = Path(folder) / "profile"
        copy_extension(profile / "extensions" / "user_default" / "reverie")
        script = ROOT / "addon" / "headless" / "bench_wire.py"
        done = blender.run(script, str(address), str(side), str(rounds), profile=profile, timeout=TIMEOUT)
    for line in done.stdout.splitlines():
        if line.startswith('{"seconds"'):
            return json.loads(line)
    raise RuntimeError(f"{blender.title} gave no figures; its last words: {done.stdout.strip()[-500:]}")
