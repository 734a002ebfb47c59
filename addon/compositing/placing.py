"""Where new nodes stand, so that no other has to move aside."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
from bpy.types import Node, NodeTree

# What a node measures that was never drawn, and the least space between two, in the units of node editors.
_HEIGHT, _SPACE = 180.0, 10.0
# How far the node stands from the render where nothing is near, and how far up it looks for room at a time.
_AWAY, _STEP = 60.0, 40.0


@dataclass(frozen=True, slots=True)
class _Box:
    """The place a node takes: its left and upper edge, and its size."""

    left: float
    top: float
    width: float
    height: float

    def touches(self, other: _Box) -> bool:
        return (
            abs(2 * (self.left - other.left) + self.width - other.width) < self.width + other.width + 2 * _SPACE
            and abs(2 * (other.top - self.top) + self.height - other.height) < self.height + other.height + 2 * _SPACE
        )


def place(tree: NodeTree, layers: Node, node: Node, dream: Node) -> None:
    """Set ``node`` to the right of ``layers`` and ``dream`` above that, or as near to it as there is room."""
    render = _box(layers)
    taken = [_box(each) for each in tree.nodes if each not in (node, dream) and each.bl_idname != "NodeFrame"]
    right = render.left + render.width
    own = _free(taken, _Box(right + _SPACE, render.top, node.width, _HEIGHT))
    further = _Box(right + _AWAY, own.top, own.width, own.height)
    own = own if any(further.touches(box) for box in taken) else further
    node.location = (own.left, own.top)
    # Blender 4 draws previews above their nodes, that of the render and that of the dream.
    above = _free([*taken, own], _Box(render.left, render.top + 2 * _HEIGHT + _STEP, dream.width, _HEIGHT))
    dream.location = (above.left, above.top)


def _free(taken: list[_Box], box: _Box) -> _Box:
    """``box``, or the first above it that touches nothing."""
    while any(box.touches(each) for each in taken):
        box = _Box(box.left, box.top + _STEP, box.width, box.height)
    return box


def _box(node: Node) -> _Box:
    """The place of a node, also inside frames."""
    left, top = node.location
    frame = node.parent
    while frame:
        left, top = left + frame.location.x, top + frame.location.y
        frame = frame.parent
    drawn = node.dimensions.y  # In pixels, and nothing without windows, where the scale is 0 too.
    return _Box(left, top, node.width, drawn / bpy.context.preferences.system.ui_scale if drawn else _HEIGHT)
