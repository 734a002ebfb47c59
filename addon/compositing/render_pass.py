"""The node "Reverie" in a scene's compositor: put in behind the render, and taken out again.

It takes the Image of a Render Layers node and hands it on, mixed with the dream, to everything on the way to an output
or a viewer; glare, grading and whatever else is done to the render is then done to the dreamt one, live. All other
nodes and links stay as they are, File Output nodes that save the bare render among them. What was made for the node is
noted on it, so that taking it out leaves what was there before.
"""

from __future__ import annotations

import json
from typing import Any

import bpy
from bpy.types import Image, Node, NodeSocket, NodeTree, Scene

from ..problems import Problem
from . import group, placing, tree

_NAME, _DREAM = "Reverie", "Reverie Dream"
# Custom properties of the node: what was made for it, and whether it is muted until the next dream is there.
_MADE, _WAITING = "reverie_made", "reverie_waiting"


def find(scene: Scene) -> Node | None:
    """The node in the scene's compositor, if it has been put in."""
    found = tree.of(scene)
    return next((node for node in found.nodes if _is_ours(node)), None) if found else None


def layer(scene: Scene) -> str | None:
    """The name of the view layer that the node takes, None where it is not there or takes something else."""
    node = find(scene)
    socket = _source(node) if node else None
    if socket and socket.node.bl_idname == "CompositorNodeRLayers":
        return socket.node.layer
    return None


def check(scene: Scene) -> None:
    """Raise `Problem` where the scene's compositor can't be changed."""
    found = tree.of(scene)
    for each, what in ((scene, "The scene"), (found, "The compositor")):
        if each and not each.is_editable:
            raise Problem(
                f"{what} “{each.name}” is linked from another file and can't be changed.",
                "Make it local, or open that file.",
            )


def add(scene: Scene, view_layer: str) -> Node:
    """Put the node in behind ``view_layer``, or another layer if the compositor shows that one only.

    Raises `Problem` where the compositor does not show the render, or can't be changed.
    """
    check(scene)
    present = find(scene)
    if present:
        return present
    before = tree.of(scene)
    made: dict[str, Any] = {"used": tree.is_used(scene)}
    if before is None or not before.nodes:
        nodes = tree.make(scene)
        made["nodes"] = sorted(node.name for node in nodes.nodes)
    else:
        nodes = before
    layers = _render_layers(nodes, scene, view_layer)
    targets = _targets(nodes, layers)
    tree.use(scene)
    node = _new_node(nodes, layers)
    if not targets:
        free = [output for output in tree.outputs(nodes) if not output.inputs[0].is_linked]
        if not free:
            free = [tree.make_output(nodes)]
            made["output"] = free[0].name
        targets = [output.inputs[0] for output in free]
        made["links"] = [output.name for output in free]
    for target in targets:
        nodes.links.new(node.outputs["Image"], target)
    node[_MADE] = json.dumps(made)
    return node


def remove(scene: Scene) -> None:
    """Take the node out; the render goes straight to where it went through the node. Raises `Problem`."""
    check(scene)
    nodes, node = tree.of(scene), find(scene)
    if nodes is None or node is None:
        return
    made = json.loads(node.get(_MADE, "{}"))
    source = _source(node)
    for link in list(node.outputs["Image"].links or ()):
        target = link.to_socket
        if source and link.to_node.name not in made.get("links", ()):
            nodes.links.new(source, target)
    _remove_dream_node(nodes, node)
    nodes.nodes.remove(node)
    output = nodes.nodes.get(made.get("output", ""))
    if output and not output.inputs[0].is_linked:
        nodes.nodes.remove(output)
    if sorted(each.name for each in nodes.nodes) == made.get("nodes"):
        tree.unmake(scene)
    elif not made.get("used", True) and "nodes" not in made:
        tree.use(scene, False)
    for each in list(bpy.data.node_groups):
        if group.is_ours(each) and not each.users:
            bpy.data.node_groups.remove(each)


def show(scene: Scene, image: Image) -> bool:
    """Mix ``image`` in from now on. True where there is a node that does."""
    node = find(scene)
    dream = _dream_node(node) if node else None
    if node is None or dream is None or not node.id_data.is_editable:
        return False
    dream.image = image  # type: ignore[attr-defined]
    if node.get(_WAITING):
        del node[_WAITING]
        node.mute = False
    return True


def await_dream(scene: Scene) -> None:
    """Let the render through as it is, until `show` or `wake`: the dream of the last one is no dream of the next."""
    node = find(scene)
    if node and not node.mute and node.id_data.is_editable:
        node.mute = True
        node[_WAITING] = True


def wake(scene: Scene) -> None:
    """Mix the dream of the last render in again: there was no next one."""
    node = find(scene)
    image = shown(scene)
    if node and image and node.get(_WAITING):
        show(scene, image)


def shown(scene: Scene) -> Image | None:
    """The dream the node mixes in, if there is one."""
    node = find(scene)
    dream = _dream_node(node) if node else None
    return dream.image if dream else None  # type: ignore[attr-defined]


def is_waiting(node: Node) -> bool:
    """Whether the node lets the render through because its dream is not there yet."""
    return bool(node.get(_WAITING))


def _is_ours(node: Node) -> bool:
    return node.bl_idname == "CompositorNodeGroup" and group.is_ours(node.node_tree)  # type: ignore[attr-defined]


def _render_layers(nodes: NodeTree, scene: Scene, view_layer: str) -> Node:
    """The node to stand behind: one whose Image is used before one that is only there, ``view_layer`` before others."""
    found = tree.render_layers(nodes, scene)
    if not found:
        raise Problem(
            f"The compositor of “{scene.name}” does not use its render.", "Add a Render Layers node, then try again."
        )
    outputs = tree.outputs(nodes)

    def rank(node: Node) -> tuple[bool, bool]:
        return (
            not tree.leading(node.outputs["Image"], outputs),
            node.layer != view_layer,  # type: ignore[attr-defined]
        )

    return min(found, key=rank)


def _targets(nodes: NodeTree, layers: Node) -> list[NodeSocket]:
    """Where the render goes on its way to outputs and viewers; empty where it goes nowhere and no other picture does.

    Raises `Problem` where another picture comes out.
    """
    outputs = tree.outputs(nodes)
    viewers = [node for node in nodes.nodes if node.bl_idname == "CompositorNodeViewer"]
    image = layers.outputs["Image"]
    if not tree.leading(image, outputs) and any(output.inputs[0].is_linked for output in outputs):
        raise Problem(
            "The render does not reach the compositor's output.",
            "Link the Image of Render Layers to where it shall go, then try again.",
        )
    return tree.leading(image, [*outputs, *viewers]) if tree.leading(image, outputs) else []


def _new_node(nodes: NodeTree, layers: Node) -> Node:
    """The node, muted until there is a dream, and the image node that feeds it."""
    node, dream = nodes.nodes.new("CompositorNodeGroup"), nodes.nodes.new("CompositorNodeImage")
    node.node_tree = group.get()  # type: ignore[attr-defined]
    node.name, node.label = _NAME, "Reverie"
    dream.name, dream.label = _DREAM, "Dream"
    nodes.links.new(layers.outputs["Image"], node.inputs["Image"])
    nodes.links.new(dream.outputs["Image"], node.inputs["Dream"])
    node.mute = True
    node[_WAITING] = True
    placing.place(nodes, layers, node, dream)
    node.select = dream.select = False
    return node


def _source(node: Node) -> NodeSocket | None:
    links = node.inputs["Image"].links
    return links[0].from_socket if links else None


def _dream_node(node: Node) -> Node | None:
    """The image node that feeds the dream, if it is one."""
    links = node.inputs["Dream"].links
    feeding = links[0].from_node if links else None
    return feeding if feeding and feeding.bl_idname == "CompositorNodeImage" else None


def _remove_dream_node(nodes: NodeTree, node: Node) -> None:
    dream = _dream_node(node)
    if dream and dream.name == _DREAM and all(link.to_node == node for o in dream.outputs for link in o.links or ()):
        nodes.nodes.remove(dream)
