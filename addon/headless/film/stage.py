"""How the scenes are rendered and move: Cycles with every pass that a dream can use, motion keyed frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
from mathutils import Vector

# Keys before the first frame and after the last: the Vector pass looks one frame ahead and one back.
_BEYOND = 2


def set_up_render(size: tuple[int, int], frames: int, samples: int) -> None:
    """Multilayer EXRs from Cycles on the processor, frames 1 to ``frames``, ``size`` in pixels.

    No motion blur, without which alone Blender renders the Vector pass. The noise differs from frame to frame, as
    artists render; the denoiser leaves little of it.
    """
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end, scene.frame_step = 1, frames, 1
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    render.use_persistent_data = True
    render.use_motion_blur = False
    if hasattr(render.image_settings, "media_type"):  # since Blender 5
        render.image_settings.media_type = "MULTI_LAYER_IMAGE"
    render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    render.image_settings.color_depth = "16"
    render.image_settings.exr_codec = "ZIP"
    cycles = scene.cycles
    cycles.samples, cycles.use_adaptive_sampling = samples, False
    cycles.use_animated_seed = True
    cycles.use_denoising, cycles.denoising_quality, cycles.denoising_prefilter = True, "BALANCED", "FAST"
    cycles.max_bounces = 2
    cycles.caustics_reflective = cycles.caustics_refractive = False
    _switch_on_passes(bpy.context.view_layer)


def _switch_on_passes(layer: bpy.types.ViewLayer) -> None:
    layer.use_pass_combined = layer.use_pass_z = layer.use_pass_vector = layer.use_pass_normal = True
    layer.use_pass_object_index = layer.use_pass_material_index = True
    layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = True


def number() -> None:
    """Give every mesh and every material an index of its own, in the order of their names, from 1."""
    meshes = [thing for thing in bpy.data.objects if thing.type == "MESH"]
    for things in (meshes, bpy.data.materials):
        for index, thing in enumerate(sorted(things, key=lambda thing: thing.name), 1):
            thing.pass_index = index


def camera(lens: float) -> bpy.types.Object:
    """The scene's camera, everything sharp: where a lens blurs, no pixel has one motion."""
    data = bpy.data.cameras.new("Camera")
    data.lens = lens
    thing = bpy.data.objects.new("Camera", data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.scene.camera = thing
    return thing


def look(thing: bpy.types.Object, place: Vector, aim: Vector) -> None:
    """Put a camera or lamp at ``place``, upright, looking at ``aim``."""
    thing.location = place
    thing.rotation_euler = (aim - place).to_track_quat("-Z", "Y").to_euler("XYZ", thing.rotation_euler)


def animate(thing: bpy.types.Object, frames: int, pose: Callable[[float], None]) -> None:
    """Key where ``pose(t)`` puts ``thing`` at every frame, with t = 0, 1, 2, … the frames since the first."""
    for t in range(-_BEYOND, frames + _BEYOND):
        pose(float(t))
        thing.keyframe_insert("location", frame=t + 1)
        thing.keyframe_insert("rotation_euler", frame=t + 1)


def sun(direction: tuple[float, float, float], strength: float, colour: tuple[float, float, float]) -> None:
    """A sun that shines along ``direction``, its shadows a little soft."""
    data = bpy.data.lights.new("Sun", "SUN")
    data.energy, data.color, data.angle = strength, colour, 0.05
    thing = bpy.data.objects.new("Sun", data)
    thing.rotation_euler = Vector(direction).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


def surroundings(panorama: Path, strength: float) -> None:
    """Light from all sides, of a photograph."""
    world = bpy.data.worlds.new("Surroundings")
    bpy.context.scene.world = world
    world.use_nodes = True
    photograph = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
    photograph.image = bpy.data.images.load(str(panorama))
    background = world.node_tree.nodes["Background"]
    background.inputs["Strength"].default_value = strength
    world.node_tree.links.new(photograph.outputs["Color"], background.inputs["Color"])
