"""The main job for real: a dream server and headless Blender, from a photograph to a render of its dream."""
