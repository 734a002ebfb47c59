"""Bodies as meshes: surfaces over a grid of points, turned and swept bodies, cut-out plates, copies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Matrix, Vector

Array = np.ndarray
Point = Sequence[float] | Array
Points = Sequence[Point] | Array


def surface(
    points: Array,
    material: bpy.types.Material,
    *,
    closed: tuple[bool, bool] = (False, False),
    colour: Array | None = None,
    smooth: bool = True,
) -> bpy.types.Object:
    """A mesh over U×V×3 points, closed along either axis; ``colour`` (U×V×3, display-encoded) is its own paint."""
    u, v = points.shape[:2]
    name = np.arange(u * v).reshape(u, v)
    i, j = np.arange(u if closed[0] else u - 1), np.arange(v if closed[1] else v - 1)
    a, b = name[np.ix_(i, j)], name[np.ix_((i + 1) % u, j)]
    c, d = name[np.ix_((i + 1) % u, (j + 1) % v)], name[np.ix_(i, (j + 1) % v)]
    faces = np.stack([a, b, c, d], -1).reshape(-1, 4)
    return solid(points.reshape(-1, 3), faces, material, None if colour is None else colour.reshape(-1, 3), smooth)


def solid(
    points: Points,
    faces: Array | Sequence[Sequence[int]],
    material: bpy.types.Material,
    colour: Array | None = None,
    smooth: bool = False,
) -> bpy.types.Object:
    """A mesh of N×3 points and faces; ``colour`` (N×3, display-encoded) is its attribute "colour"."""
    mesh = bpy.data.meshes.new("form")
    mesh.from_pydata(np.asarray(points, float).tolist(), [], [list(map(int, face)) for face in faces])
    mesh.polygons.foreach_set("use_smooth", [smooth] * len(mesh.polygons))
    if colour is not None:
        layer = mesh.attributes.new("colour", "FLOAT_COLOR", "POINT")
        linear = np.clip(np.asarray(colour, np.float32), 0, 1) ** 2.2
        layer.data.foreach_set("color", np.c_[linear, np.ones(len(linear), np.float32)].astype(np.float32).ravel())
    return _linked(mesh, material)


def turned(
    profile: Points,
    material: bpy.types.Material,
    segments: int = 48,
    *,
    colour: Array | None = None,
    ribs: int = 0,
    depth: float = 0.0,
    smooth: bool = True,
) -> bpy.types.Object:
    """A profile (radius, height) turned around z, with ``ribs`` ribs of relative ``depth``."""
    outline = np.asarray(profile, float)
    angle = np.linspace(0, 2 * math.pi, segments, endpoint=False)
    wave = 1 + depth * np.abs(np.cos(angle * ribs / 2)) - depth if ribs else np.ones_like(angle)
    points = np.stack(
        [
            outline[:, :1] * wave * np.cos(angle),
            outline[:, :1] * wave * np.sin(angle),
            np.repeat(outline[:, 1:], segments, 1),
        ],
        -1,
    )
    return surface(points, material, closed=(False, True), colour=colour, smooth=smooth)


def curve(points: Points, steps: int = 8) -> Array:
    """A Catmull-Rom curve through K points of any dimension."""
    knots = np.asarray(points, float)
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = [
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate([*parts, knots[-1:]])


def tube_points(
    path: Array, radius: float | Array, around: int = 12, squash: float = 1.0, closed: bool = False
) -> Array:
    """Rings of points around a path (N×3), N×around×3.

    The frame is carried along in parallel; where the path is closed, what it has turned by is shared out.
    """
    path = np.asarray(path, float)
    tangent = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-12
    normal = np.cross(tangent[0], (0.31, 0.42, 0.85))
    normals = []
    for direction in (*tangent, tangent[0]):
        normal = normal - direction * (normal @ direction)
        normal = normal / (np.linalg.norm(normal) + 1e-12)
        normals.append(normal)
    first, last = np.asarray(normals[:-1]), normals[-1]
    second = np.cross(tangent, first)
    twist = math.atan2(last @ second[0], last @ first[0]) if closed else 0.0
    angle = np.linspace(0, 2 * math.pi, around, endpoint=False)[None] - np.linspace(0, twist, len(path))[:, None]
    size = np.broadcast_to(np.asarray(radius, float), len(path))[:, None, None]
    angle = angle[..., None]
    return path[:, None] + size * (np.cos(angle) * first[:, None] + squash * np.sin(angle) * second[:, None])


def tube(
    path: Array,
    radius: float | Array,
    material: bpy.types.Material,
    around: int = 12,
    *,
    closed: bool = False,
    colour: Array | None = None,
    squash: float = 1.0,
) -> bpy.types.Object:
    """A hose along a path (N×3); ``colour`` is N×3 or N×around×3."""
    points = tube_points(path, radius, around, squash, closed)
    if colour is not None and colour.ndim == 2:
        colour = np.repeat(colour[:, None], around, 1)
    return surface(points, material, closed=(closed, True), colour=colour)


def plate(
    outline: Points,
    thickness: float,
    material: bpy.types.Material,
    *,
    holes: Sequence[Points] = (),
    bevel: float = 0.0,
) -> bpy.types.Object:
    """An outline in the xz plane, with holes, as a plate that is ``thickness`` deep in y, its edges rounded."""
    outline_curve = bpy.data.curves.new("plate", "CURVE")
    outline_curve.dimensions = "2D"
    outline_curve.fill_mode = "BOTH"
    outline_curve.extrude = thickness / 2
    outline_curve.bevel_depth = bevel
    outline_curve.bevel_resolution = 1
    for ring in (outline, *holes):
        spline = outline_curve.splines.new("POLY")
        spline.points.add(len(ring) - 1)
        spline.points.foreach_set("co", [value for x, z in ring for value in (x, z, 0.0, 1.0)])
        spline.use_cyclic_u = True
    thing = _linked(outline_curve, material)
    thing.rotation_euler = (math.pi / 2, 0, 0)
    return thing


def ball(
    material: bpy.types.Material, radius: float | Point = 1.0, at: Point = (0, 0, 0), fine: int = 32
) -> bpy.types.Object:
    """An ellipsoid."""
    latitude = np.linspace(-math.pi / 2, math.pi / 2, fine // 2 + 1)
    thing = turned(np.c_[np.cos(latitude), np.sin(latitude)].tolist(), material, fine)
    thing.scale = (radius,) * 3 if np.isscalar(radius) else tuple(radius)
    thing.location = tuple(at)
    return thing


def box(material: bpy.types.Material, size: Point, at: Point = (0, 0, 0), bevel: float = 0.0) -> bpy.types.Object:
    """A cuboid around ``at``."""
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * np.asarray(size) / 2
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    thing = solid(corners, faces, material)
    thing.location = tuple(at)
    if bevel:
        modifier = thing.modifiers.new("bevel", "BEVEL")
        modifier.width, modifier.segments = bevel, 2
    return thing


def copy(
    thing: bpy.types.Object,
    at: Point,
    *,
    turn: Point = (0, 0, 0),
    scale: float | Point = 1.0,
    material: bpy.types.Material | None = None,
) -> bpy.types.Object:
    """Another object of the same mesh; with another ``material`` where one is given."""
    other = thing.copy()
    bpy.context.scene.collection.objects.link(other)
    other.location, other.rotation_euler = tuple(at), tuple(turn)
    other.scale = (scale,) * 3 if np.isscalar(scale) else tuple(scale)
    if material is not None:
        other.material_slots[0].link = "OBJECT"
        other.material_slots[0].material = material
    return other


def aim(thing: bpy.types.Object, at: Point, direction: Point, roll: float = 0.0, scale: float = 1.0) -> None:
    """Put ``thing`` at a place so that its z axis points in a direction."""
    turn = Vector(direction).to_track_quat("Z", "Y").to_matrix().to_4x4() @ Matrix.Rotation(roll, 4, "Z")
    thing.matrix_world = Matrix.Translation(Vector(at)) @ turn @ Matrix.Scale(scale, 4)


def subdivide(thing: bpy.types.Object, levels: int = 2) -> bpy.types.Object:
    """Catmull-Clark subdivision at render."""
    modifier = thing.modifiers.new("subdivision", "SUBSURF")
    modifier.levels = modifier.render_levels = levels
    return thing


def thicken(thing: bpy.types.Object, thickness: float) -> bpy.types.Object:
    """Give a surface a thickness."""
    modifier = thing.modifiers.new("thickness", "SOLIDIFY")
    modifier.thickness = thickness
    return thing


def roughen(thing: bpy.types.Object, strength: float, size: float, kind: str = "CLOUDS") -> bpy.types.Object:
    """Displace a mesh by a procedural texture."""
    texture = bpy.data.textures.new("rough", kind)
    texture.noise_scale = size
    modifier = thing.modifiers.new("rough", "DISPLACE")
    modifier.texture, modifier.strength, modifier.texture_coords = texture, strength, "OBJECT"
    anchor = bpy.data.objects.new("anchor", None)
    bpy.context.scene.collection.objects.link(anchor)
    anchor.location = thing.location + Vector((3.1 * size, 1.7, 0.9))
    modifier.texture_coords_object = anchor
    return thing


def _linked(data: bpy.types.ID, material: bpy.types.Material) -> bpy.types.Object:
    data.materials.append(material)
    thing = bpy.data.objects.new("form", data)
    bpy.context.scene.collection.objects.link(thing)
    return thing
