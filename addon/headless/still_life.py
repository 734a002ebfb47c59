"""A small still life: a porcelain vase, painted all around with a photograph, on a stone in a window's light."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
from lathe import smooth, turn
from mathutils import Vector
from photograph import panoramas

# Profiles, as radius and height from the foot upwards.
BODY = [
    *[(0.30, 0.06), (0.34, 0.12), (0.50, 0.32), (0.66, 0.66), (0.68, 0.98)],
    *[(0.54, 1.30), (0.33, 1.52), (0.24, 1.72), (0.25, 1.90), (0.34, 2.04)],
]
RIM = [(0.34, 2.04), (0.355, 2.055), (0.352, 2.07), (0.335, 2.072), (0.32, 2.06)]
INSIDE = [(0.32, 2.06), (0.23, 1.9), (0.22, 1.72), (0.3, 1.52), (0.3, 1.2)]
FOOT = [(0.0, 0.0), (0.29, 0.0), (0.315, 0.01), (0.32, 0.03), (0.31, 0.05), (0.30, 0.06)]
STONE = [(0.0, 0.0), (0.97, 0.0), (0.985, -0.004), (0.996, -0.014), (1.0, -0.03), (1.0, -0.2), (0.98, -0.22)]


def build(texture: Path) -> bpy.types.Node:
    """Replace the open file by the still life and return the image-texture node that paints the vase.

    The node is active in the active material of the active object, as if it had just been clicked.
    """
    bpy.ops.wm.read_homefile(use_empty=True)
    painted, node = _painted(bpy.data.images.load(str(texture)))
    vase = _turned("Vase", smooth(BODY), painted)
    gold = _plain("Gold", (0.83, 0.55, 0.22), roughness=0.22, metallic=1.0)
    _turned("Rim", smooth(RIM, 6), gold)
    _turned("Foot", smooth(FOOT, 6), gold)
    _turned("Inside", smooth(INSIDE), _plain("Glaze", (0.55, 0.5, 0.42), roughness=0.3))
    _turned("Stone", STONE, _plain("Stone", (0.035, 0.033, 0.035), roughness=0.35))
    _turned("Ball", _sphere(0.16), gold).location = (0.70, -0.44, 0.16)
    _turned("Bead", _sphere(0.09), _plain("Jade", (0.05, 0.22, 0.14), roughness=0.18)).location = (0.44, -0.72, 0.09)
    _backdrop()
    _light()
    _camera()
    vase.rotation_euler.z = 1.75  # the willow and the sun face the camera
    bpy.context.view_layer.objects.active = vase
    return node


def _turned(name: str, profile: list[tuple[float, float]], material: bpy.types.Material) -> bpy.types.Object:
    thing = turn(name, profile)
    thing.data.materials.append(material)
    return thing


def _sphere(radius: float, steps: int = 48) -> list[tuple[float, float]]:
    angles = [math.pi * (step / steps - 0.5) for step in range(steps + 1)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]


def _plain(
    name: str, colour: tuple[float, float, float], roughness: float, metallic: float = 0.0
) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metallic
    return material


def _painted(image: bpy.types.Image) -> tuple[bpy.types.Material, bpy.types.Node]:
    material = _plain("Porcelain", (1.0, 1.0, 1.0), roughness=0.45)
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Coat Weight"].default_value = 0.8
    shader.inputs["Coat Roughness"].default_value = 0.12
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    node.location = (shader.location.x - 340, shader.location.y)
    tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    tree.nodes.active = node
    return material, node


def _backdrop() -> None:
    """A floor that rises into a wall, without an edge."""
    sweep = [(1.0 + 5 * math.sin(t), 4.78 - 5 * math.cos(t)) for t in (math.pi / 2 * k / 48 for k in range(49))]
    curve = [(-8.0, -0.22), *sweep, (6.0, 9.0)]
    mesh = bpy.data.meshes.new("Backdrop")
    vertices = [(side, y, z) for y, z in curve for side in (-12, 12)]
    mesh.from_pydata(vertices, [], [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(len(curve) - 1)])
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.materials.append(_plain("Paper", (0.075, 0.115, 0.125), roughness=0.9))
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Backdrop", mesh))


def _light() -> None:
    """A large warm window at the left, a cool edge from behind, and a room for the glaze to mirror."""
    _area("Window", (-3.6, -0.3, 2.9), size=1.7, watts=360, colour=(1.0, 0.87, 0.72))
    _area("Edge", (2.8, 2.4, 2.6), size=1.2, watts=170, colour=(0.7, 0.84, 1.0))
    _area("Glow", (0.0, 3.0, 5.0), size=1.5, watts=160, colour=(1.0, 0.8, 0.6), aim=(-0.4, 5.6, 1.2))
    world = bpy.data.worlds.new("Room")
    bpy.context.scene.world = world
    world.use_nodes = True
    room = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
    room.image = bpy.data.images.load(str(panoramas() / "interior.exr"))
    room.image.pack()  # the file shall open where this Blender is not
    background = world.node_tree.nodes["Background"]
    background.inputs["Strength"].default_value = 0.18
    world.node_tree.links.new(room.outputs["Color"], background.inputs["Color"])


def _area(
    name: str,
    place: tuple[float, float, float],
    size: float,
    watts: float,
    colour: tuple[float, float, float],
    aim: tuple[float, float, float] = (0.0, 0.0, 1.0),
) -> None:
    light = bpy.data.lights.new(name, "AREA")
    light.size, light.energy, light.color = size, watts, colour
    thing = bpy.data.objects.new(name, light)
    thing.location = place
    thing.rotation_euler = (Vector(aim) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


def _camera() -> None:
    camera = bpy.data.cameras.new("Camera")
    camera.lens = 85
    camera.dof.use_dof = True
    camera.dof.aperture_fstop = 2.8
    thing = bpy.data.objects.new("Camera", camera)
    thing.location = (0.9, -6.9, 2.05)
    aim = Vector((0.08, 0.0, 0.92))
    thing.rotation_euler = (aim - thing.location).to_track_quat("-Z", "Y").to_euler()
    camera.dof.focus_distance = (aim - thing.location).length - 0.6
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.scene.camera = thing
