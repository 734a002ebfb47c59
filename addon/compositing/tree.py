"""A scene's compositor tree: Blender 4 keeps it inside the scene, Blender 5 as a node group of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import bpy
from bpy.types import Node, NodeSocket, NodeTree, Scene

_OUTPUTS = ("CompositorNodeComposite", "NodeGroupOutput")


def is_group() -> bool:
    """Whether a scene's tree is a node group of its own."""
    return "compositing_node_group" in Scene.bl_rna.properties


def of(scene: Scene) -> NodeTree | None:
    """The scene's tree, used or not, if it has one."""
    return scene.compositing_node_group if is_group() else scene.node_tree  # type: ignore[attr-defined]


def is_used(scene: Scene) -> bool:
    """Whether the scene composites with its tree."""
    return bool(of(scene)) and (is_group() or scene.use_nodes)


def use(scene: Scene, used: bool = True) -> None:
    """Let the scene composite with its tree; Blender 5 always does."""
    if not is_group():
        scene.use_nodes = used


def make(scene: Scene) -> NodeTree:
    """Give the scene the tree that Blender itself makes with its button “New”, or fills an empty one likewise."""
    if of(scene) is None and is_group():
        before = set(bpy.data.node_groups)
        bpy.ops.node.new_compositing_node_group(name="Compositor Nodes")
        (made,) = set(bpy.data.node_groups) - before
        scene.compositing_node_group = made  # type: ignore[attr-defined]
    use(scene)
    tree = of(scene)
    assert tree
    if not tree.nodes:
        _fill(tree)
    for node in tree.nodes:
        if node.bl_idname == "CompositorNodeRLayers":
            node.scene = scene  # type: ignore[attr-defined]
    return tree


def unmake(scene: Scene) -> None:
    """Take the scene's tree away, as far as Blender lets it go."""
    tree = of(scene)
    assert tree
    if is_group():
        bpy.data.node_groups.remove(tree)
    else:
        tree.nodes.clear()
    use(scene, False)


def render_layers(tree: NodeTree, scene: Scene) -> list[Node]:
    """The nodes that show a view layer of ``scene``."""
    return [
        node
        for node in tree.nodes
        if node.bl_idname == "CompositorNodeRLayers" and node.scene == scene  # type: ignore[attr-defined]
    ]


def outputs(tree: NodeTree) -> list[Node]:
    """The nodes whose first input is the picture that comes out."""
    return [node for node in tree.nodes if node.bl_idname in _OUTPUTS and len(node.inputs)]


def make_output(tree: NodeTree) -> Node:
    """A node through which a picture comes out."""
    if is_group() and not any(item.in_out == "OUTPUT" for item in tree.interface.items_tree):  # type: ignore[attr-defined]
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    node = tree.nodes.new(_OUTPUTS[is_group()])
    node.location = (600.0, 0.0)
    return node


def leading(socket: NodeSocket, goals: Iterable[Node]) -> list[NodeSocket]:
    """The sockets that ``socket`` is linked to and from which there is a way to one of ``goals``."""
    wanted = set(goals)
    return [link.to_socket for link in socket.links or () if wanted & set(_downstream(link.to_node, set()))]


def _downstream(node: Node, seen: set[Node]) -> Iterator[Node]:
    """``node`` and every node that is fed by it."""
    if node in seen:
        return
    seen.add(node)
    yield node
    for output in node.outputs:
        for link in output.links or ():
            yield from _downstream(link.to_node, seen)


def _fill(tree: NodeTree) -> None:
    layers = tree.nodes.new("CompositorNodeRLayers")
    tree.links.new(layers.outputs["Image"], make_output(tree).inputs[0])
