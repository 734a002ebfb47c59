"""Motifs for pictures to learn from, modelled and rendered in headless Blender."""
