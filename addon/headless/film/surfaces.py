"""Materials that a dream finds something in: photographs and stones, large enough in the picture not to shimmer."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import bpy
import photograph

Colour = tuple[float, float, float]


def pictured(
    name: str, panorama: str, repeat: tuple[float, float] = (1.0, 1.0), glow: float = 0.0
) -> bpy.types.Material:
    """A photograph along the mesh's texture coordinates, ``repeat`` times across and up. glow: how much it shines."""
    material, shader = _material(name)
    tree = material.node_tree
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (*repeat, 1.0)
    image = tree.nodes.new("ShaderNodeTexImage")
    image.image = _photograph(panorama)
    tree.links.new(tree.nodes.new("ShaderNodeTexCoord").outputs["UV"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], image.inputs["Vector"])
    _colour(tree, shader, image.outputs["Color"], glow)
    return material


def stone(name: str, colours: Sequence[Colour], scale: float, joints: float = 0.0) -> bpy.types.Material:
    """Veined stone in object coordinates, ``scale`` veins a unit; with ``joints``, cut into so many tiles a unit."""
    material, shader = _material(name)
    tree = material.node_tree
    place = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    wave = tree.nodes.new("ShaderNodeTexWave")
    wave.bands_direction = "DIAGONAL"
    settings = {"Scale": scale, "Distortion": 9.0, "Detail": 2.0, "Detail Scale": 1.2, "Detail Roughness": 0.6}
    for key, value in settings.items():
        wave.inputs[key].default_value = value
    tree.links.new(place, wave.inputs["Vector"])
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    for _ in colours[2:]:
        ramp.color_ramp.elements.new(0.5)
    for index, colour in enumerate(colours):
        ramp.color_ramp.elements[index].position = index / (len(colours) - 1)
        ramp.color_ramp.elements[index].color = (*colour, 1.0)
    tree.links.new(wave.outputs["Factor" if "Factor" in wave.outputs else "Fac"], ramp.inputs[0])
    colour = ramp.outputs["Color"]
    if joints:
        tiles = tree.nodes.new("ShaderNodeTexChecker")
        tiles.inputs["Scale"].default_value = joints
        tiles.inputs["Color2"].default_value = (*(0.55 * c for c in colours[0]), 1.0)
        tree.links.new(place, tiles.inputs["Vector"])
        tree.links.new(colour, tiles.inputs["Color1"])
        colour = tiles.outputs["Color"]
    _colour(tree, shader, colour)
    return material


def _material(name: str) -> tuple[bpy.types.Material, bpy.types.Node]:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = 0.7
    return material, shader


def _colour(tree: bpy.types.NodeTree, shader: bpy.types.Node, colour: bpy.types.NodeSocket, glow: float = 0.0) -> None:
    tree.links.new(colour, shader.inputs["Base Color"])
    if glow:
        tree.links.new(colour, shader.inputs["Emission Color"])
        shader.inputs["Emission Strength"].default_value = glow


def _photograph(panorama: str) -> bpy.types.Image:
    """One of Blender's photographs, tone-mapped and packed into the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{panorama}.png")
        photograph.develop(photograph.panoramas() / f"{panorama}.exr", path)
        image = bpy.data.images.load(str(path))
        image.pack()
    return image
