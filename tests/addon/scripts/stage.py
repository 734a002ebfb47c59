"""What every script does first and last: enable the add-on as an extension, and leave Blender.

A script is given the address of a dream server, runs in any Blender (as ``python SCRIPT ADDRESS`` with bpy, or as
``blender -b --python SCRIPT -- ADDRESS``) and prints OK as its last word. The add-on must already lie in the profile.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import ModuleType

import bpy
import numpy as np

PACKAGE = "bl_ext.user_default.reverie"


def run(play: Callable[[], None]) -> None:
    """Run ``play`` with the add-on enabled and end the process, with code 0 where nothing went wrong."""
    code = 1
    try:
        import addon_utils

        addon_utils.enable(PACKAGE, default_set=True)
        warnings = addon_utils._extensions_warnings_get()
        assert not warnings, warnings
        preferences = bpy.context.preferences.addons[PACKAGE].preferences
        preferences.address = sys.argv[-1]
        preferences.form = os.environ.get("PICTURES", "auto")
        play()
        addon_utils.disable(PACKAGE, default_set=True)
        assert not hasattr(bpy.types.Scene, "reverie"), "unregistering left something behind"
        print("OK")
        code = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # Some of the Blenders we support hang or crash in an orderly exit.
    os._exit(code)


def part(name: str) -> ModuleType:
    """A module of the add-on, as Blender loaded it."""
    return importlib.import_module(f"{PACKAGE}.addon.{name}")


def pixels(image: bpy.types.Image) -> np.ndarray:
    """The pixels of ``image``, flat."""
    values = np.empty(image.size[0] * image.size[1] * image.channels, np.float32)
    image.pixels.foreach_get(values)
    return values


def painted(
    name: str, side: int = 48, *, is_float: bool = False, low: float = 0.0, high: float = 1.0
) -> bpy.types.Image:
    """A new RGBA image of random values; alpha within 0.1 to 1."""
    image = bpy.data.images.new(name, side, side, alpha=True, float_buffer=is_float)
    values = np.random.default_rng(7).uniform(low, high, (side, side, 4)).astype(np.float32)
    values[..., 3] = np.clip(values[..., 3], 0.1, 1.0)
    image.pixels.foreach_set(values.ravel())
    return image


def material(image: bpy.types.Image) -> bpy.types.Node:
    """Give the active object a material that shows ``image``; returns its image-texture node, active."""
    if bpy.context.object is None:
        bpy.ops.mesh.primitive_cube_add()
    new = bpy.data.materials.new("Wall")
    new.use_nodes = True
    bpy.context.object.active_material = new  # type: ignore[union-attr]
    node = new.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    new.node_tree.links.new(node.outputs["Color"], new.node_tree.nodes["Principled BSDF"].inputs["Base Color"])
    new.node_tree.nodes.active = node
    return node


def place(node: bpy.types.Node) -> object:
    """Where a node is, as the add-on remembers it."""
    return part("places").NodePlace(node.id_data.session_uid, node.name)


def shown() -> str:
    """The name of the image on the material's image-texture node, looked up anew: undo replaces datablocks."""
    nodes = bpy.data.materials["Wall"].node_tree.nodes
    return next(node for node in nodes if node.type == "TEX_IMAGE").image.name


def settings(**values: object) -> object:
    """Quick settings for a dream, with some changed."""
    return part("properties").DreamSettings.from_mapping({"octaves": 1, "iterations": 2, **values})


def pump_until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Pump until ``condition`` holds; fails after ``seconds``."""
    pump, connection = part("pump"), part("connection")
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        if not pump.pump():
            connection.current().wait(0.02)


def finish(dream: object) -> None:
    """Pump until ``dream`` is over."""
    running = part("dreams").running
    pump_until(lambda: dream not in running)
