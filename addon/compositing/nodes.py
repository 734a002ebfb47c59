"""The compositor's nodes as the Blenders from 4.2 to 5.2 have them: their names, and where their settings are."""

from __future__ import annotations

import bpy
from bpy.types import Node, NodeSocket, NodeTree

from .. import versions

_MIX = "CompositorNodeMixRGB" if hasattr(bpy.types, "CompositorNodeMixRGB") else "ShaderNodeMix"
_MATH = "CompositorNodeMath" if hasattr(bpy.types, "CompositorNodeMath") else "ShaderNodeMath"


def mix(tree: NodeTree, blend: str, factor: object, first: object, second: object) -> NodeSocket:
    """A mix node of the kind ``blend``; each input is a value or a socket. Returns its result.

    At factor 0 that is ``first``, bit for bit; at 1 and for MIX ``second``. Nothing is clamped but the factor.
    """
    node = tree.nodes.new(_MIX)
    if _MIX == "ShaderNodeMix":
        node.data_type = "RGBA"
    node.blend_type = blend
    sockets = [socket for socket in node.inputs if socket.enabled]
    for socket, value in zip(sockets, (factor, first, second), strict=True):
        _feed(tree, socket, value)
    return next(socket for socket in node.outputs if socket.enabled)


def linear(tree: NodeTree, value: NodeSocket, factor: float, offset: float) -> NodeSocket:
    """``value`` · factor + offset, clamped to 0..1."""
    node = tree.nodes.new(_MATH)
    node.operation, node.use_clamp = "MULTIPLY_ADD", True
    for socket, each in zip(node.inputs, (value, factor, offset), strict=True):
        _feed(tree, socket, each)
    return node.outputs[0]


def blur(tree: NodeTree, image: NodeSocket, share: float) -> NodeSocket:
    """``image`` blurred by a Gauss curve of ``share`` of its width."""
    node = tree.nodes.new("CompositorNodeBlur")
    _feed(tree, node.inputs["Image"], image)
    if hasattr(bpy.types, "CompositorNodeRelativeToPixel"):
        size = tree.nodes.new("CompositorNodeRelativeToPixel")
        size.data_type, size.reference_dimension = "FLOAT", "X"
        size.inputs["Float Value"].default_value = share
        _feed(tree, next(socket for socket in size.inputs if socket.name == "Image"), image)
        _feed(tree, node.inputs["Size"], next(socket for socket in size.outputs if socket.enabled))
    else:
        node.use_relative, node.aspect_correction = True, "Y"
        node.factor_x = node.factor_y = share * 100
    _choose(node, "filter_type", "FAST_GAUSS", "Type", "Fast Gaussian")
    return node.outputs[0]


def stretched(tree: NodeTree, image: NodeSocket) -> NodeSocket:
    """``image`` at the size of the render; of that size already, it stays as it is, bit for bit.

    Blender 4.2 and 4.3 take a render cropped to its region for uncropped here; there nothing is stretched.
    """
    if not versions.knows_size_of_cropped_renders():
        return image
    node = tree.nodes.new("CompositorNodeScale")
    _feed(tree, node.inputs["Image"], image)
    _choose(node, "space", "RENDER_SIZE", "Type", "Render Size")
    _choose(node, "frame_method", "STRETCH", "Frame Type", "Stretch")
    return node.outputs[0]


def with_alpha(tree: NodeTree, colours: NodeSocket, alpha: NodeSocket) -> NodeSocket:
    """``colours`` as they are, with the alpha of the picture ``alpha``."""
    separate = tree.nodes.new("CompositorNodeSeparateColor")
    _feed(tree, separate.inputs[0], alpha)
    node = tree.nodes.new("CompositorNodeSetAlpha")
    _feed(tree, node.inputs["Image"], colours)
    _feed(tree, node.inputs["Alpha"], separate.outputs["Alpha"])
    _choose(node, "mode", "REPLACE_ALPHA", "Type", "Replace Alpha")
    return node.outputs[0]


def _feed(tree: NodeTree, socket: NodeSocket, value: object) -> None:
    if isinstance(value, NodeSocket):
        tree.links.new(value, socket)
    else:
        socket.default_value = value  # type: ignore[attr-defined]


def _choose(node: Node, setting: str, value: str, socket: str, label: str) -> None:
    """A choice that is a setting of the node until Blender 4.5 and one of its inputs since 5.0."""
    if hasattr(node, setting):
        setattr(node, setting, value)
    else:
        node.inputs[socket].default_value = label  # type: ignore[attr-defined]
