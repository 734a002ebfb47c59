"""Renders: dreaming on a still as soon as Blender has rendered it."""
