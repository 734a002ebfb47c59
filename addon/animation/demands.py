"""What a run changes in the scene's render settings, and how it is put back whatever happens.

What was there before is written into the scene together with the change. So it is put back from there at the end of
the run, before the file is saved, and by anyone who meets a changed scene that is not being rendered: after an undo
into the middle of a run, or on opening a file that Blender saved by itself before it crashed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import bpy
from bpy.types import Scene, ViewLayer

from ...shared.declaration import SettingError
from ...shared.frames.settings import FrameSettings
from ...shared.frames.where import Depth, Named, Numbered, Term, parse
from ..problems import Problem

# The passes that masks are made from.
_PASSES = {
    "object": "use_pass_cryptomatte_object",
    "material": "use_pass_cryptomatte_material",
    "asset": "use_pass_cryptomatte_asset",
    "index": "use_pass_object_index",
    "material-index": "use_pass_material_index",
    Depth.__name__: "use_pass_z",
}

# Ranks of Cryptomatte where it is switched on for the sake of motion alone: which object is in front tells enough.
_FEW_RANKS = 2


def needs_passes(settings: FrameSettings) -> bool:
    """Whether frames are dreamed by more than their colours."""
    return _by_vectors(settings) or bool(settings.where.strip())


def wanted(scene: Scene, settings: FrameSettings) -> dict[str, Any]:
    """The render settings that ``settings`` call for and the scene does not have yet, by their paths in it.

    Raises `Problem` where it can't be told what ``settings.where`` means.
    """
    changes: dict[str, Any] = {}
    layer = _layer(scene)
    at = f'view_layers["{bpy.utils.escape_identifier(layer.name)}"].'
    if _by_vectors(settings):
        changes |= {at + "use_pass_vector": True, at + "use_pass_z": True, at + "use_pass_cryptomatte_object": True}
        if settings.motion == "vector":
            changes["render.use_motion_blur"] = False
    masked = {_PASSES[what] for what in _kinds(settings.where)}
    changes |= {at + name: True for name in masked}
    if not _has_cryptomatte(layer) and not any("cryptomatte" in name for name in masked):
        changes[at + "pass_cryptomatte_depth"] = _FEW_RANKS
    return {path: value for path, value in changes.items() if _get(scene, path) != value}


def advice(scene: Scene, settings: FrameSettings) -> str:
    """What an artist should know of motion blur and exact motion; empty where there is nothing to know."""
    if settings.coherence == 0 or not scene.render.use_motion_blur:
        return ""
    if settings.motion == "vector":
        return "Motion blur is off for this render: with it there is no Vector pass."
    if settings.motion == "auto":
        return "With motion blur there is no Vector pass: motion is estimated from the pictures, which is less steady."
    return ""


def change(scene: Scene, changes: Mapping[str, Any]) -> None:
    """Set what is ``wanted`` and note in the scene what was there before."""
    before = {path: _get(scene, path) for path in changes}
    scene.reverie_animation.changed = json.dumps(before) if before else ""  # type: ignore[attr-defined]
    for path, value in changes.items():
        _set(scene, path, value)


def restore(scene: Scene) -> None:
    """Put back what a run has changed. Does nothing where nothing was."""
    try:
        before: dict[str, Any] = json.loads(scene.reverie_animation.changed or "{}")  # type: ignore[attr-defined]
    except ValueError:
        before = {}
    if scene.reverie_animation.changed:  # type: ignore[attr-defined]
        scene.reverie_animation.changed = ""  # type: ignore[attr-defined]
    for path, value in before.items():
        _set(scene, path, value)


def _layer(scene: Scene) -> ViewLayer:
    """The view layer that is rendered first, whose passes lead."""
    if scene.render.use_single_layer and bpy.context.scene == scene:
        return bpy.context.view_layer
    return next((layer for layer in scene.view_layers if layer.use), scene.view_layers[0])


def _by_vectors(settings: FrameSettings) -> bool:
    return settings.coherence > 0 and settings.motion in ("auto", "vector")


def _kinds(where: str) -> set[str]:
    """What a mask is made of, as far as passes tell it."""
    try:
        terms = [term for term in parse(where) if isinstance(term, Term)]
    except SettingError as error:
        raise Problem(f"{error.problem}.", f"Allowed: {error.allowed}.") from None
    whats = [what for term in terms for what in term.whats]
    return {what.kind if isinstance(what, (Named, Numbered)) else type(what).__name__ for what in whats} & set(_PASSES)


def _has_cryptomatte(layer: ViewLayer) -> bool:
    return layer.use_pass_cryptomatte_object or layer.use_pass_cryptomatte_material or layer.use_pass_cryptomatte_asset


def _get(scene: Scene, path: str) -> Any:
    return scene.path_resolve(path)


def _set(scene: Scene, path: str, value: Any) -> None:
    owner, _, name = path.rpartition(".")
    with contextlib.suppress(ValueError):  # The view layer was removed meanwhile.
        setattr(scene.path_resolve(owner), name, value)
