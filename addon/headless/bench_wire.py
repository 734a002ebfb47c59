"""The wire as Blender sees it: a float image to the server and back into a new datablock, dreaming nothing.

Usage: ``… bench_wire.py ADDRESS SIDE ROUNDS``, with the add-on installed in the profile. Prints one JSON object:
``seconds`` of each round, and of each tick of the pump that moved bytes (``ticks``) or whole pictures (``pixels``).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback

import bpy  # isort: split

import addon_utils  # to be found only once bpy is imported
import numpy as np

NAME = "bl_ext.user_default.reverie"


def run(address: str, side: int, rounds: int) -> dict[str, list[float]]:
    """Measure ``rounds`` after one more that is not counted, which starts everything up."""
    addon_utils.enable(NAME, default_set=True)
    bpy.context.preferences.addons[NAME].preferences.address = address
    dreams = importlib.import_module(f"{NAME}.addon.dreams")
    properties = importlib.import_module(f"{NAME}.shared.settings")
    settings = properties.DreamSettings(strength=0.0)
    image = bpy.data.images.new("Bench", side, side, alpha=True, float_buffer=True)
    pixels = np.random.default_rng(0).random(side * side * 4, np.float32)
    image.pixels.foreach_set(pixels)
    figures: dict[str, list[float]] = {"seconds": [], "ticks": [], "pixels": []}
    for counted in [False] + [True] * rounds:
        start = time.perf_counter()
        dream = dreams.start(image, settings)
        ticks, whole = wait(dreams, dream)
        seconds = time.perf_counter() - start
        check_and_remove(image, pixels)
        if counted:
            figures["seconds"].append(seconds)
            figures["ticks"] += ticks
            figures["pixels"] += whole
    return figures


def wait(dreams, dream) -> tuple[list[float], list[float]]:
    """Tick as Blender's timer does until the dream is over; returns what ticks took, bytes and pictures apart."""
    pump = importlib.import_module(f"{NAME}.addon.pump")
    connection = importlib.import_module(f"{NAME}.addon.connection")
    ticks, whole = [], []
    while dream in dreams.running:
        moving = dream.remote.state.name in ("SENDING", "RECEIVING")
        arriving = dream.remote.finished
        start = time.perf_counter()
        more = pump.pump()
        seconds = time.perf_counter() - start
        if arriving:
            whole.append(seconds)
        elif moving:
            ticks.append(seconds)
        if not more:
            connection.current().wait(0.005)
    return ticks, whole


def check_and_remove(image, pixels: np.ndarray) -> None:
    """Compare the newest result with what was sent, and make room."""
    (result,) = (other for other in bpy.data.images if other.name.startswith("Bench dream"))
    back = np.empty_like(pixels)
    result.pixels.foreach_get(back)
    if back.tobytes() != pixels.tobytes():
        raise RuntimeError("what came back is not what was sent")
    bpy.data.images.remove(result)


if __name__ == "__main__":
    try:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))), flush=True)
        addon_utils.disable(NAME)
    except Exception:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(0)
