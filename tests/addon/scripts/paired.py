"""A server behind keys: its invite is opened, the artist types the code, and from then on it knows this computer."""

from __future__ import annotations

import os

import bpy
import stage


def refused(operator: str, *words: str, **given: str) -> None:
    try:
        getattr(bpy.ops.reverie, operator)(**given)
    except RuntimeError as error:
        assert all(word in str(error) for word in words), error
        return
    raise AssertionError(f"{operator} took {given}")


def play() -> None:
    connection = stage.part("connection")
    refused("pair", "whole line", code="123456")
    refused("open_invite", "no invite", filepath=__file__)
    assert bpy.ops.reverie.open_invite(filepath=os.environ["INVITE"]) == {"FINISHED"}
    connection.get()
    stage.pump_until(connection.problem, 10)
    assert connection.may_pair() and "does not know this computer" in str(connection.problem()), connection.problem()

    code = os.environ["CODE"]
    refused("pair", "six digits", code="12")
    assert bpy.ops.reverie.pair(code=f"{(int(code) + 1) % 10**6:06}") == {"FINISHED"}
    stage.pump_until(lambda: connection.problem() and "not the code" in str(connection.problem()), 10)
    assert bpy.ops.reverie.pair(code=f"{code[:3]} {code[3:]}") == {"FINISHED"}
    stage.pump_until(connection.is_connected, 10)

    node = stage.material(stage.painted("Bricks"))
    stage.finish(stage.part("dreams").start(node.image, stage.settings(octaves=1, iterations=1), stage.place(node)))
    assert node.image.name == "Bricks dream", stage.part("notices").current()
    # Another Blender on this computer, later: nobody asks for anything.
    connection.close()
    connection.get()
    stage.pump_until(connection.is_connected, 10)


stage.run(play)
