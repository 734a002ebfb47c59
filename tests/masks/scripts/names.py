"""Renders a frame of things with awkward names, and for some of them once more with all others cut out.

Usage: ``… names.py FOLDER``. Leaves frame.exr with all passes, and <number>.exr whose alpha is how much of each pixel
the thing of that pass index covers.
"""

import os
import sys
from pathlib import Path

import bpy

# In the order of their pass indices, from 1.
NAMES = ["Cube", "Große Kugel ✿", 'He said "hi", twice', "Thing 144", "Column.001", "Column.002"]


def main(folder: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 64, 40, 100
    scene.render.film_transparent = True
    scene.cycles.samples, scene.cycles.use_adaptive_sampling, scene.cycles.use_denoising = 16, False, False
    scene.cycles.max_bounces = 0
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    layer = bpy.context.view_layer
    layer.use_pass_z = layer.use_pass_object_index = layer.use_pass_material_index = True
    layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = True
    build()
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0, -10, 0), (1.5708, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    render(folder / "frame.exr")
    for number in range(1, len(NAMES) + 1):
        for thing in bpy.data.objects:
            thing.is_holdout = thing.name != NAMES[number - 1] and (thing.name, number) != ("Another", 1)
        render(folder / f"{number}.exr")


def build() -> None:
    materials = [bpy.data.materials.new(name) for name in ("Gold", "Gold, old")]
    for number, name in enumerate(NAMES, 1):
        bpy.ops.mesh.primitive_uv_sphere_add(
            radius=0.9, location=(-3 + 1.2 * (number - 1), 0.7 * number, 0.3 * (number % 3))
        )
        thing = bpy.context.object
        thing.name, thing.pass_index = name, number
        material = materials[number % 2]
        material.pass_index = 10 + number % 2
        thing.data.materials.append(material)
    # The cube a second time, as an instance of its collection: Cryptomatte knows it by the cube's own name.
    collection = bpy.data.collections.new("Set")
    collection.objects.link(bpy.data.objects["Cube"])
    instance = bpy.data.objects.new("Another", None)
    instance.instance_type, instance.instance_collection = "COLLECTION", collection
    instance.location = (5.5, 0, -1.6)
    bpy.context.scene.collection.objects.link(instance)


def render(path: Path) -> None:
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


main(Path(sys.argv[1]))
sys.stdout.flush()
os._exit(0)
