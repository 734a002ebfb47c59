"""What Blender makes of EXR files: renders one with every pass where it is asked to, and tells what it sees in others.

Arguments: the file to render, or nothing; then files to load. Prints for each a line of JSON: its type, and the names
of the passes by layer.
"""

import json
import os
import re
import sys
from pathlib import Path

import bpy


def render(path):
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 2, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 32, 24, 100
    scene.render.film_transparent = True
    layer = scene.view_layers[0]
    passes = "z vector normal object_index material_index mist uv cryptomatte_object cryptomatte_material diffuse_color"
    for name in passes.split():
        setattr(layer, f"use_pass_{name}", True)
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format, settings.color_depth = "OPEN_EXR_MULTILAYER", "16"
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)


def look(path):
    image = bpy.data.images.load(path)
    _ = image.size[0]
    scene = bpy.context.scene
    if bpy.app.version >= (5, 0, 0):
        tree = bpy.data.node_groups.new("Look", "CompositorNodeTree")
    else:
        scene.use_nodes = True
        tree = scene.node_tree
    node = tree.nodes.new("CompositorNodeImage")
    node.image = image
    return {"file": Path(path).name, "type": image.type, "layers": passes(node)}


def passes(node):
    if not node.has_layers:
        return {"": [output.name for output in node.outputs]}
    try:
        node.layer = "no layer has this name"
    except TypeError as error:
        names = re.findall(r"'([^']*)'", str(error).split("not found in")[1])
    found = {}
    for name in names:
        node.layer = name
        found[name] = [output.name for output in node.outputs]
    return found


target, files = sys.argv[1], sys.argv[2:]
bpy.ops.wm.read_factory_settings()
if target:
    render(target)
for file in files:
    print("LOOK", json.dumps(look(file)), flush=True)
os._exit(0)
