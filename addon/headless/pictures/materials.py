"""Procedural materials: the Principled shader over a ramp of colours along noise or bands, or a mesh's own paint."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import bpy
import numpy as np

Rng = np.random.Generator
Colour = tuple[float, ...]

_TEXTURES = {"noise": "ShaderNodeTexNoise", "cells": "ShaderNodeTexVoronoi", "bands": "ShaderNodeTexWave"}


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """A display-encoded colour; hue 1 is once around."""
    return colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0), 1), min(max(value, 0), 1))


def near(rng: Rng, hue: float, saturation: float, value: float, spread: float = 0.04) -> Colour:
    """A colour like that one, but not quite."""
    return hsv(hue + rng.uniform(-spread, spread), saturation * rng.uniform(0.8, 1.15), value * rng.uniform(0.8, 1.15))


def paint(
    colours: Sequence[Colour] | str,
    *,
    texture: str = "noise",
    scale: float = 3.0,
    rough: float = 0.5,
    metal: float = 0.0,
    coat: float = 0.0,
    bump: float = 0.0,
    grain: float = 0.0,
    glow: float = 0.0,
    glass: float = 0.0,
    flesh: float = 0.0,
    distortion: float = 0.0,
) -> bpy.types.Material:
    """A material.

    colours: display-encoded, along ``texture`` ("noise", "cells", "bands"); or the word "mesh" for the mesh's own.
    scale: of the texture, and of ``bump``, a relief of that strength. grain: how much noise darkens the colour.
    glow: strength of the light it gives in its own colour. glass: transmission. flesh: light under the skin.
    """
    material = bpy.data.materials.new("paint")
    tree = material.node_tree
    if tree is None:  # before Blender 5
        material.use_nodes = True
        tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    place = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    pattern = _texture(tree, texture, scale, place, distortion)
    if colours == "mesh":
        attribute = tree.nodes.new("ShaderNodeAttribute")
        attribute.attribute_name = "colour"
        colour = attribute.outputs["Color"]
    else:
        assert not isinstance(colours, str)
        colour = _ramp(tree, pattern, colours)
    if grain:
        colour = _darkened(tree, colour, _texture(tree, "noise", scale * 2.3, place, 0.5), grain)
    tree.links.new(colour, shader.inputs["Base Color"])
    values = {
        "Roughness": rough,
        "Metallic": metal,
        "Coat Weight": coat,
        "Transmission Weight": glass,
        "Subsurface Weight": flesh,
    }
    for name, value in values.items():
        shader.inputs[name].default_value = value
    if flesh:
        shader.inputs["Subsurface Radius"].default_value = (0.2, 0.1, 0.06)
    if glow:
        tree.links.new(colour, shader.inputs["Emission Color"])
        shader.inputs["Emission Strength"].default_value = glow
    if bump:
        node = tree.nodes.new("ShaderNodeBump")
        node.inputs["Strength"].default_value = min(bump, 1.0)
        node.inputs["Distance"].default_value = 0.1 * bump
        tree.links.new(pattern, node.inputs["Height"])
        tree.links.new(node.outputs["Normal"], shader.inputs["Normal"])
    return material


def metal(rng: Rng) -> bpy.types.Material:
    """Gold, brass, copper, bronze, steel or iron, polished or worn."""
    hue, saturation, value = [
        (0.12, 0.6, 1.0),
        (0.11, 0.45, 0.85),
        (0.05, 0.55, 0.9),
        (0.08, 0.55, 0.6),
        (0.6, 0.06, 0.8),
    ][rng.integers(5)]
    light = near(rng, hue, saturation, value, 0.01)
    dark = hsv(hue, saturation * 1.1, value * 0.6)
    return paint([dark, light, light], scale=rng.uniform(2, 6), rough=rng.uniform(0.18, 0.42), metal=1.0)


def _texture(
    tree: bpy.types.NodeTree, kind: str, scale: float, place: bpy.types.NodeSocket, distortion: float
) -> bpy.types.NodeSocket:
    node = tree.nodes.new(_TEXTURES[kind])
    node.inputs["Scale"].default_value = scale
    if "Distortion" in node.inputs:
        node.inputs["Distortion"].default_value = distortion
    tree.links.new(place, node.inputs["Vector"])
    return node.outputs["Distance" if kind == "cells" else 0]


def _ramp(tree: bpy.types.NodeTree, value: bpy.types.NodeSocket, colours: Sequence[Colour]) -> bpy.types.NodeSocket:
    node = tree.nodes.new("ShaderNodeValToRGB")
    elements = node.color_ramp.elements
    places = np.linspace(0.3, 0.7, len(colours)) if len(colours) > 1 else [0.5]
    while len(elements) < max(len(colours), 2):
        elements.new(0.5)
    for element, place, colour in zip(elements, [*places, 1.0], [*colours, colours[-1]], strict=False):
        element.position = float(place)
        element.color = (*(float(c) ** 2.2 for c in colour), 1.0)
    tree.links.new(value, node.inputs[0])
    return node.outputs["Color"]


def _darkened(
    tree: bpy.types.NodeTree, colour: bpy.types.NodeSocket, noise: bpy.types.NodeSocket, amount: float
) -> bpy.types.NodeSocket:
    shade = _ramp(tree, noise, [(1 - amount,) * 3, (1.0,) * 3])
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type, node.blend_type = "RGBA", "MULTIPLY"
    factor, first, second = (s for s in node.inputs if s.enabled)
    factor.default_value = 1.0
    tree.links.new(colour, first)
    tree.links.new(shade, second)
    return next(s for s in node.outputs if s.enabled)
