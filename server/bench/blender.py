"""The wire as Blender sees it: measured inside headless Blender, in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

from ...shared.wire.address import Address


def blender_round_trips(address: Address, side: int, rounds: int) -> tuple[list[float], list[float]] | None:
    """Seconds from one datablock to the next, once for each round, and of each pump tick that moved bytes.

    None when there is no Blender in this environment. Raises RuntimeError with what Blender said.
    """
    if importlib.util.find_spec("bpy") is None:
        return None
    command = [sys.executable, "-m", "reverie.addon.headless.bench_wire", str(address), str(side), str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            figures = json.loads(line)
            return figures["seconds"], figures["ticks"]
    raise RuntimeError(f"Blender gave no figures: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
