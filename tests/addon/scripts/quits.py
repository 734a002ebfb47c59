"""Blender quits in the middle of sending a large picture; says when it is there, and waits for a word to go."""

from __future__ import annotations

import sys
import time

import bpy
import numpy as np
import stage


def play() -> None:
    image = bpy.data.images.new("Large", 4096, 4096, float_buffer=True)
    image.pixels.foreach_set(np.random.default_rng(1).random(4096 * 4096 * 4, np.float32))
    dream = stage.part("dreams").start(image, stage.settings())
    stage.pump_until(lambda: dream.remote.state.name == "SENDING" and dream.remote.fraction > 0)
    assert dream.remote.fraction < 1
    print("SENDING", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    import addon_utils

    # What Blender does when it quits.
    addon_utils.disable_all()
    print(f"GONE AFTER {time.monotonic() - began:.3f}", flush=True)
    addon_utils.enable(stage.PACKAGE)


stage.run(play)
