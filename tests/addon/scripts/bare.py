"""Without the modules that talk to servers the add-on registers, and says what is wrong."""

from __future__ import annotations

import sys

import bpy
import stage


def play() -> None:
    problem = stage.part("connection").problem()
    assert problem and "zmq" in problem.message and "zip" in problem.hint
    stage.material(stage.painted("Bricks"))
    try:
        bpy.ops.reverie.dream(wait=True)
        raise AssertionError("dreamt without a connection")
    except RuntimeError as error:
        assert "zmq" in str(error)
    assert not stage.part("dreams").running


sys.modules["zmq"] = None  # type: ignore[assignment]  # what an import finds where nothing is installed
stage.run(play)
