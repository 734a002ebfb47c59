"""Turned bodies: a profile swept around the z axis, with texture coordinates that a panorama fits without a seam."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import bpy

Point = tuple[float, float]  # radius and height


def smooth(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """A Catmull-Rom curve through ``points``, in ``steps`` pieces between two of them."""
    padded = [points[0], *points, points[-1]]
    curve = [
        (_catmull_rom(r0, r1, r2, r3, k / steps), _catmull_rom(z0, z1, z2, z3, k / steps))
        for (r0, z0), (r1, z1), (r2, z2), (r3, z3) in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
        for k in range(steps)
    ]
    return [*curve, points[-1]]


def turn(name: str, profile: Sequence[Point], segments: int = 128) -> bpy.types.Object:
    """Make a smooth mesh object from ``profile``; u runs around it, v along the profile from 0 to 1."""
    along = _lengths(profile)
    vertices, coordinates, faces = [], [], []
    for (radius, height), v in zip(profile, along, strict=True):
        for k in range(segments + 1):  # the last column lies on the first, with u = 1
            angle = 2 * math.pi * k / segments
            vertices.append((radius * math.cos(angle), radius * math.sin(angle), height))
            coordinates.append((k / segments, v))
    row = segments + 1
    for j in range(len(profile) - 1):
        faces += [(j * row + k, j * row + k + 1, (j + 1) * row + k + 1, (j + 1) * row + k) for k in range(segments)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    layer = mesh.uv_layers.new(name="UVMap")
    layer.data.foreach_set("uv", [value for loop in mesh.loops for value in coordinates[loop.vertex_index]])
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    mesh.normals_split_custom_set_from_vertices(
        [_normal(profile, i // row, i % row, segments) for i in range(len(vertices))]
    )
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def _catmull_rom(before: float, start: float, end: float, after: float, t: float) -> float:
    """Catmull and Rom, "A class of local interpolating splines" (1974), tension one half."""
    return start + 0.5 * t * (
        end - before + t * (2 * before - 5 * start + 4 * end - after + t * (3 * (start - end) + after - before))
    )


def _lengths(profile: Sequence[Point]) -> list[float]:
    lengths = [0.0]
    for start, end in pairwise(profile):
        lengths.append(lengths[-1] + math.dist(start, end))
    return [length / lengths[-1] for length in lengths]


def _normal(profile: Sequence[Point], j: int, k: int, segments: int) -> tuple[float, float, float]:
    """The outward normal, from the profile alone, so that the seam of the texture shows no crease."""
    (r0, z0), (r1, z1) = profile[max(j - 1, 0)], profile[min(j + 1, len(profile) - 1)]
    across, up = z1 - z0, r0 - r1
    length = math.hypot(across, up) or 1.0
    angle = 2 * math.pi * k / segments
    return across / length * math.cos(angle), across / length * math.sin(angle), up / length
