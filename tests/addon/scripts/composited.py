"""The node "Reverie" goes into every kind of compositor and out again: nothing else changes, and undo undoes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import stage

Tree = bpy.types.NodeTree


def tree() -> Tree | None:
    return stage.part("compositing.tree").of(bpy.context.scene)


def fresh(draw: Callable[[Tree, bpy.types.Node, bpy.types.Node], None] | None = None) -> None:
    """A new file whose compositor is drawn by ``draw``, given Render Layers and the output; None: it has none."""
    bpy.ops.wm.read_homefile()
    if draw:
        compositor = stage.part("compositing.tree")
        if compositor.is_group():
            nodes = bpy.data.node_groups.new("Look", "CompositorNodeTree")
            bpy.context.scene.compositing_node_group = nodes
        else:
            bpy.context.scene.use_nodes = True
            nodes = bpy.context.scene.node_tree
            nodes.nodes.clear()
        layers = nodes.nodes.new("CompositorNodeRLayers")
        draw(nodes, layers, compositor.make_output(nodes))
    bpy.ops.ed.undo_push(message="Start")


def dump() -> tuple[Any, ...]:
    """All there is to say of the scene's compositor, and of the node groups there are."""
    scene, nodes = bpy.context.scene, tree()
    groups = sorted(group.name for group in bpy.data.node_groups)
    if nodes is None or not nodes.nodes:
        return stage.part("compositing.tree").is_used(scene) and "in use", groups
    described = {
        node.name: (node.bl_idname, tuple(node.location), node.mute, node.select, node.parent and node.parent.name)
        for node in nodes.nodes
    }
    links = sorted(
        (link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier)
        for link in nodes.links
    )
    items = [(item.name, item.in_out) for item in nodes.interface.items_tree]
    return stage.part("compositing.tree").is_used(scene), groups, described, links, items, nodes.nodes.active


def there() -> bpy.types.Node:
    node = stage.part("compositing.render_pass").find(bpy.context.scene)
    assert node, "the node is not there"
    return node


def feeds() -> set[str]:
    """The nodes the mixed picture goes to."""
    return {link.to_node.name for link in there().outputs["Image"].links}


def comes_and_goes(*targets: str) -> None:
    """In, undone, redone, out, undone and redone; only links change, and in the end none."""
    before = dump()
    assert bpy.ops.reverie.add_pass() == {"FINISHED"}
    bpy.ops.ed.undo_push(message="Add")
    between = dump()
    assert feeds() == set(targets), feeds()
    assert there().inputs["Image"].links[0].from_node.bl_idname == "CompositorNodeRLayers"
    assert bpy.ops.reverie.add_pass() == {"FINISHED"} and dump() == between, "it went in twice"
    if len(before) > 2:
        assert all(between[2][name] == node for name, node in before[2].items()), "a node was changed"
    bpy.ops.ed.undo()
    assert dump() == before, "undo left something"
    bpy.ops.ed.redo()
    assert dump() == between and feeds() == set(targets)
    assert bpy.ops.reverie.remove_pass() == {"FINISHED"}
    bpy.ops.ed.undo_push(message="Remove")
    assert dump() == before, f"removing left something:\n{before}\n{dump()}"
    bpy.ops.ed.undo()
    assert feeds() == set(targets)


def refused(*words: str) -> None:
    before = dump()
    try:
        bpy.ops.reverie.add_pass()
    except RuntimeError as error:
        assert all(word in str(error) for word in words), error
        assert dump() == before
        return
    raise AssertionError(f"it was not refused: {words}")


def plain(nodes: Tree, layers: bpy.types.Node, output: bpy.types.Node) -> None:
    nodes.links.new(layers.outputs["Image"], output.inputs[0])


def through_many(nodes: Tree, layers: bpy.types.Node, output: bpy.types.Node) -> None:
    """Through a blur and beside it into a mix; a viewer, a bare File Output, a frame and a reroute."""
    blur, over = nodes.nodes.new("CompositorNodeBlur"), nodes.nodes.new("CompositorNodeAlphaOver")
    viewer, file = nodes.nodes.new("CompositorNodeViewer"), nodes.nodes.new("CompositorNodeOutputFile")
    frame, turn = nodes.nodes.new("NodeFrame"), nodes.nodes.new("NodeReroute")
    file.name = "Bare"
    if hasattr(file, "file_output_items"):
        file.file_output_items.new("RGBA", "Image")
    layers.parent = frame
    image = layers.outputs["Image"]
    pictures = [socket for socket in over.inputs if socket.type == "RGBA"]
    nodes.links.new(image, turn.inputs[0])
    nodes.links.new(turn.outputs[0], blur.inputs["Image"])
    nodes.links.new(blur.outputs[0], pictures[0])
    nodes.links.new(image, pictures[1])
    nodes.links.new(over.outputs[0], output.inputs[0])
    nodes.links.new(image, viewer.inputs["Image"])
    nodes.links.new(image, file.inputs[0])
    nodes.links.new(layers.outputs["Alpha"], next(socket for socket in over.inputs if socket.type == "VALUE"))


def unlinked(nodes: Tree, layers: bpy.types.Node, output: bpy.types.Node) -> None:
    output.name = "Out"


def no_output(nodes: Tree, layers: bpy.types.Node, output: bpy.types.Node) -> None:
    nodes.nodes.remove(output)


def another_picture(nodes: Tree, layers: bpy.types.Node, output: bpy.types.Node) -> None:
    nodes.links.new(nodes.nodes.new("CompositorNodeImage").outputs[0], output.inputs[0])


def no_render(nodes: Tree, layers: bpy.types.Node, output: bpy.types.Node) -> None:
    nodes.nodes.remove(layers)


def two_layers(nodes: Tree, layers: bpy.types.Node, output: bpy.types.Node) -> None:
    """Another view layer comes first; that of the artist's window is the one."""
    bpy.context.scene.view_layers.new("Second")
    other, over = nodes.nodes.new("CompositorNodeRLayers"), nodes.nodes.new("CompositorNodeAlphaOver")
    other.layer = "Second"
    pictures = [socket for socket in over.inputs if socket.type == "RGBA"]
    nodes.links.new(other.outputs["Image"], pictures[0])
    nodes.links.new(layers.outputs["Image"], pictures[1])
    nodes.links.new(over.outputs[0], output.inputs[0])


def grown() -> None:
    """What the artist added since stays when the node goes, also in a compositor that was made for it."""
    fresh()
    bpy.ops.reverie.add_pass()
    node, nodes = there(), tree()
    assert nodes
    glare = nodes.nodes.new("CompositorNodeGlare")
    target = node.outputs["Image"].links[0].to_socket
    nodes.links.new(node.outputs["Image"], glare.inputs["Image"])
    nodes.links.new(glare.outputs["Image"], target)
    bpy.ops.reverie.remove_pass()
    assert tree() is not None and glare.inputs["Image"].links[0].from_node.bl_idname == "CompositorNodeRLayers"
    assert target.links[0].from_node == glare and not [g for g in bpy.data.node_groups if g.name == "Reverie"]


def linked() -> None:
    """A compositor from another file can't be changed, and says so."""
    fresh(plain)
    if not stage.part("compositing.tree").is_group():
        return
    path = str(Path(tempfile.mkdtemp(), "library.blend"))
    bpy.data.libraries.write(path, {tree()}, fake_user=True)
    fresh()
    with bpy.data.libraries.load(path, link=True) as (_, into):
        into.node_groups = ["Look"]
    bpy.context.scene.compositing_node_group = into.node_groups[0]
    refused("Look", "linked")


def saved() -> None:
    """The node is found again in a saved file, and leaves it as it was before."""
    fresh(through_many)
    before = dump()
    bpy.ops.reverie.add_pass()
    path = str(Path(tempfile.mkdtemp(), "scene.blend"))
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.ops.reverie.remove_pass()
    assert dump() == before


def play() -> None:
    fresh()
    before = dump()
    bpy.ops.reverie.add_pass()
    assert feeds() and stage.part("compositing.tree").is_used(bpy.context.scene)
    bpy.ops.reverie.remove_pass()
    assert dump() == before, dump()
    for draw, *targets in (
        (plain, "OUT"),
        (through_many, "Alpha Over", "Reroute", "Viewer"),
        (unlinked, "OUT"),
        (no_output, "OUT"),
        (two_layers, "Alpha Over"),
    ):
        fresh(draw)
        out = next((node.name for node in stage.part("compositing.tree").outputs(tree())), None)
        out = out or ("Group Output" if stage.part("compositing.tree").is_group() else "Composite")
        comes_and_goes(*(out if target == "OUT" else target for target in targets))
    fresh(another_picture)
    refused("does not reach")
    fresh(no_render)
    refused("Render Layers")
    grown()
    linked()
    saved()


stage.run(play)
