"""The studio: the light of a place far away, a lamp, and a camera that frames whatever is in the scene."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector
from motif import Rng

# Few, because the denoiser does the rest.
SAMPLES = 8


def open_studio(side: int) -> None:
    """An empty scene that Cycles renders onto nothing, ``side`` pixels square."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x = scene.render.resolution_y = side
    scene.render.film_transparent = True
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.view_settings.view_transform = "Khronos PBR Neutral"
    cycles = scene.cycles
    cycles.samples, cycles.use_adaptive_sampling = SAMPLES, False
    cycles.use_denoising, cycles.denoising_quality, cycles.denoising_prefilter = True, "BALANCED", "FAST"
    cycles.max_bounces, cycles.transmission_bounces = 3, 3
    cycles.caustics_reflective = cycles.caustics_refractive = False
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "SUN"))
    for thing in (camera, lamp):
        scene.collection.objects.link(thing)
        thing.use_fake_user = True
    scene.camera = camera
    scene.world = bpy.data.worlds.new("world")
    if scene.world.node_tree is None:  # before Blender 5
        scene.world.use_nodes = True
    # The map by which the photograph is sampled is made anew for each picture, and took most of its time in full size.
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", 128


def clear() -> None:
    """Take away everything but the studio itself."""
    kept = {"camera", "lamp"}
    bpy.data.batch_remove([thing for thing in bpy.data.objects if thing.name not in kept])
    for kind in ("meshes", "curves", "metaballs", "materials", "textures", "node_groups"):
        bpy.data.batch_remove(list(getattr(bpy.data, kind)))


def light(rng: Rng) -> None:
    """Another place's light, turned anyhow, and a lamp from above and in front."""
    folder = Path(bpy.utils.system_resource("DATAFILES", path="studiolights/world"))
    places = sorted(folder.glob("*.exr"))
    tree = bpy.context.scene.world.node_tree
    tree.nodes.clear()
    output = tree.nodes.new("ShaderNodeOutputWorld")
    background = tree.nodes.new("ShaderNodeBackground")
    photograph = tree.nodes.new("ShaderNodeTexEnvironment")
    mapping = tree.nodes.new("ShaderNodeMapping")
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    photograph.image = bpy.data.images.load(str(places[rng.integers(len(places))]), check_existing=True)
    mapping.inputs["Rotation"].default_value = (0, 0, rng.uniform(0, 2 * math.pi))
    background.inputs["Strength"].default_value = rng.uniform(0.5, 0.9) * (
        2.5 if "night" in photograph.image.name else 1
    )
    tree.links.new(coordinates.outputs["Generated"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], photograph.inputs["Vector"])
    tree.links.new(photograph.outputs["Color"], background.inputs["Color"])
    tree.links.new(background.outputs["Background"], output.inputs["Surface"])
    lamp = bpy.data.objects["lamp"]
    lamp.data.energy, lamp.data.angle = rng.uniform(1.5, 3.5), rng.uniform(0.05, 0.5)
    warmth = rng.uniform(-0.12, 0.12)
    lamp.data.color = (1, 1 - abs(warmth) / 2, 1 - max(warmth, 0)) if warmth > 0 else (1 + warmth, 1 + warmth / 2, 1)


def frame(rng: Rng, above: tuple[float, float], around: tuple[float, float]) -> None:
    """Set the camera so that everything just fits, and the lamp behind its shoulder."""
    scene = bpy.context.scene
    points = _points()
    elevation, azimuth = math.radians(rng.uniform(*above)), math.radians(rng.uniform(*around))
    centre = (points.min(0) + points.max(0)) / 2
    radius = float(np.linalg.norm(points - centre, axis=1).max())
    distance = radius * rng.uniform(2.2, 5.0)
    toward = _direction(azimuth, elevation)
    pose = Matrix.Translation(Vector(centre) + toward * distance) @ toward.to_track_quat("Z", "Y").to_matrix().to_4x4()
    scene.camera.matrix_world = pose
    inverse = np.asarray(pose.inverted())
    seen = points @ inverse[:3, :3].T + inverse[:3, 3]
    x, y = seen[:, 0] / -seen[:, 2], seen[:, 1] / -seen[:, 2]
    half = 1.04 * max(np.ptp(x), np.ptp(y)) / 2
    camera = scene.camera.data
    camera.angle = 2 * math.atan(half)
    camera.shift_x, camera.shift_y = ((v.max() + v.min()) / 2 / (2 * half) for v in (x, y))
    camera.clip_start, camera.clip_end = radius / 100, radius * 20
    sun = _direction(azimuth + rng.uniform(-1.2, 1.2), min(elevation + rng.uniform(0.2, 0.9), 1.4))
    bpy.data.objects["lamp"].matrix_world = sun.to_track_quat("Z", "Y").to_matrix().to_4x4()


def render(seed: int, path: Path) -> None:
    """Render into the PNG file at ``path``."""
    scene = bpy.context.scene
    scene.cycles.seed = seed
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def _direction(azimuth: float, elevation: float) -> Vector:
    return Vector(
        (math.sin(azimuth) * math.cos(elevation), -math.cos(azimuth) * math.cos(elevation), math.sin(elevation))
    )


def _points() -> np.ndarray:
    """All vertices as they will be rendered, N×3 in the world."""
    graph = bpy.context.evaluated_depsgraph_get()
    found = []
    for instance in graph.object_instances:
        thing = instance.object
        if thing.type not in ("MESH", "CURVE", "META", "SURFACE", "FONT"):
            continue
        mesh = thing.to_mesh()
        local = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", local)
        world = np.asarray(instance.matrix_world)
        found.append(local.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
        thing.to_mesh_clear()
    return np.concatenate(found)
