"""The node group "Reverie": a render and its dream, mixed.

What the dream adds, Dream − Image, is split by a blur into what is large (colours, shapes) and what is fine. The result
is Image + Strength · (shares of both), and Detail sets the shares: at 0.5 both are whole, towards 0 the fine part goes,
towards 1 the large one. It is computed as Dream less what Detail takes away, so that Strength 0 is the
render and Strength 1 the dream bit for bit.
"""

from __future__ import annotations

import bpy
from bpy.types import NodeTree

from . import nodes

NAME = "Reverie"
# Marks the group, whatever artists call it; its value counts the ways it was built.
_MARK, _BUILT = "reverie", 1
# What counts as fine: what a blur of this share of the picture's width takes away.
_FINE = 0.015

_INPUTS = (
    (
        "Image",
        "NodeSocketColor",
        "The render, scene-linear. Its alpha is kept",
        {"default_value": (0.0, 0.0, 0.0, 1.0)},
    ),
    ("Dream", "NodeSocketColor", "The dream of the render", {"default_value": (0.0, 0.0, 0.0, 1.0)}),
    (
        "Strength",
        "NodeSocketFloat",
        "How much of the dream is seen: 0 is the render, 1 the dream",
        {"default_value": 1.0},
    ),
    (
        "Detail",
        "NodeSocketFloat",
        "0 takes only the dream's colours and large shapes, 1 only its fine structure in the render's own colours. "
        "At 0.5 the dream is whole",
        {"default_value": 0.5},
    ),
)


def get() -> NodeTree:
    """This file's group, built where there is none yet."""
    for tree in bpy.data.node_groups:
        if is_ours(tree) and tree[_MARK] == _BUILT and not tree.library:
            return tree
    return _build()


def is_ours(tree: NodeTree | None) -> bool:
    """Whether ``tree`` was built here."""
    return bool(tree and tree.bl_idname == "CompositorNodeTree" and _MARK in tree)


def _build() -> NodeTree:
    tree = bpy.data.node_groups.new(NAME, "CompositorNodeTree")
    tree[_MARK] = _BUILT
    for name, kind, description, values in _INPUTS:
        socket = tree.interface.new_socket(name, description=description, in_out="INPUT", socket_type=kind)
        if kind == "NodeSocketFloat":
            socket.subtype, socket.min_value, socket.max_value = "FACTOR", 0.0, 1.0  # type: ignore[attr-defined]
        for attribute, value in values.items():
            setattr(socket, attribute, value)
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    begin, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    image, strength, detail = (begin.outputs[name] for name in ("Image", "Strength", "Detail"))
    dream = nodes.stretched(tree, begin.outputs["Dream"])
    added = nodes.mix(tree, "SUBTRACT", 1.0, dream, image)
    large = nodes.blur(tree, added, _FINE)
    fine = nodes.mix(tree, "SUBTRACT", 1.0, added, large)
    without_large = nodes.mix(tree, "SUBTRACT", nodes.linear(tree, detail, 2.0, -1.0), dream, large)
    wanted = nodes.mix(tree, "SUBTRACT", nodes.linear(tree, detail, -2.0, 1.0), without_large, fine)
    mixed = nodes.mix(tree, "MIX", strength, image, wanted)
    tree.links.new(nodes.with_alpha(tree, mixed, image), end.inputs["Image"])
    _arrange(tree)
    return tree


def _arrange(tree: NodeTree) -> None:
    """Set the nodes in columns, each right of all it is fed by."""
    column = dict.fromkeys(tree.nodes, 0)
    for _ in tree.nodes:
        for link in tree.links:
            column[link.to_node] = max(column[link.to_node], column[link.from_node] + 1)
    height = dict.fromkeys(column.values(), 0.0)
    for node, place in column.items():
        node.location = (place * 220.0, height[place])
        height[place] -= 240.0
