"""Where an image is used: the image-texture node it came from and the Image Editors that show it.

Nothing here holds a datablock across time: a place is found again by numbers and names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
from bpy.types import ID, Context, Image, Node, NodeTree, SpaceImageEditor

IMAGE_NODES = ("TEX_IMAGE", "TEX_ENVIRONMENT")


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node that shows an image: the ``session_uid`` of its tree, which survives undo, and its name."""

    tree: int
    node: str

    def find(self) -> Node | None:
        """The node, or None where it is gone."""
        for tree in _trees():
            if tree.session_uid == self.tree:
                return tree.nodes.get(self.node)
        return None

    @property
    def names(self) -> tuple[str, str]:
        """The names of what the tree belongs to and of the node, by which `found_again` finds it in a later life."""
        owner = next((owner.name for owner, tree in _owned_trees() if tree.session_uid == self.tree), "")
        return owner, self.node

    @property
    def is_linked(self) -> bool:
        """Whether the node lies in another file, where it can't be changed."""
        node = self.find()
        return bool(node and node.id_data.library)

    @property
    def image(self) -> Image | None:
        """The image the node shows now."""
        node = self.find()
        return node.image if node else None  # type: ignore[attr-defined]

    def show(self, image: Image | None) -> None:
        """Let the node show ``image``; nothing happens where the node is gone."""
        node = self.find()
        if node:
            node.image = image  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the artist is looking at: an image, and the node it is on where it was reached through one."""

    image: Image | None
    node: NodePlace | None = None


def chosen(context: Context) -> Chosen:
    """The image to dream on: the Image Editor's, else that of the active image-texture node."""
    space = context.space_data
    if isinstance(space, SpaceImageEditor):
        return Chosen(space.image)
    node = _active_image_node(_tree(context))
    if node is None:
        return Chosen(None)
    image: Image | None = node.image  # type: ignore[attr-defined]
    return Chosen(image, NodePlace(node.id_data.session_uid, node.name))


def found_again(names: tuple[str, str], image: Image) -> NodePlace | None:
    """The node of those names that shows ``image``; its material may have another name by now."""
    owner, name = names
    nodes = ((found, tree, tree.nodes.get(name)) for found, tree in _owned_trees())
    showing = [
        (found.name != owner, NodePlace(tree.session_uid, name))
        for found, tree, node in nodes
        if node and node.type in IMAGE_NODES and node.image == image  # type: ignore[attr-defined]
    ]
    return min(showing, key=lambda candidate: candidate[0])[1] if showing else None


def swap(old: Image, new: Image, node: NodePlace | None) -> bool:
    """Show ``new`` where ``old`` is shown: on ``node``, and in every Image Editor. True where the node took it."""
    for editor in image_editors():
        if editor.image == old:
            editor.image = new
    if node is None or node.image != old or node.is_linked:
        return False
    node.show(new)
    return True


def image_editors() -> Iterator[SpaceImageEditor]:
    """Every Image Editor in every window, also those behind another editor of their area."""
    for screen in bpy.data.screens:
        for area in screen.areas:
            for space in area.spaces:
                if isinstance(space, SpaceImageEditor):
                    yield space


def is_edited(tree: NodeTree) -> bool:
    """Whether a node editor in sight shows ``tree``; Blender composites anew only where one does."""
    spaces = (area.spaces.active for window in bpy.context.window_manager.windows for area in window.screen.areas)
    return any(space.type == "NODE_EDITOR" and space.node_tree == tree for space in spaces)  # type: ignore[attr-defined]


def fill_empty_editors(image: Image) -> None:
    """Show ``image`` in the Image Editors that show nothing: undo took away what they showed."""
    for editor in image_editors():
        if editor.image is None:
            editor.image = image


def redraw() -> None:
    """Have everything drawn anew that shows Reverie or its pictures."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("IMAGE_EDITOR", "NODE_EDITOR", "PREFERENCES", "PROPERTIES", "VIEW_3D"):
                area.tag_redraw()


def _tree(context: Context) -> NodeTree | None:
    """The tree of the Shader Editor, or of the active material where there is no such editor."""
    space = context.space_data
    if space and space.type == "NODE_EDITOR":
        return space.edit_tree if space.tree_type == "ShaderNodeTree" else None  # type: ignore[attr-defined]
    material = context.object.active_material if context.object else None
    return material.node_tree if material else None


def _active_image_node(tree: NodeTree | None) -> Node | None:
    """The active node if it shows an image; where the tree has but one such node, that one."""
    if tree is None:
        return None
    if tree.nodes.active and tree.nodes.active.type in IMAGE_NODES:
        return tree.nodes.active
    candidates = [node for node in tree.nodes if node.type in IMAGE_NODES]
    return candidates[0] if len(candidates) == 1 else None


def _trees() -> Iterator[NodeTree]:
    """Every shader tree of this file, those inside materials, worlds and lights included."""
    return (tree for _, tree in _owned_trees())


def _owned_trees() -> Iterator[tuple[ID, NodeTree]]:
    """The same, each with what it belongs to: a group to itself."""
    yield from ((group, group) for group in bpy.data.node_groups)
    for owner in (*bpy.data.materials, *bpy.data.worlds, *bpy.data.lights):
        if owner.node_tree:
            yield owner, owner.node_tree
