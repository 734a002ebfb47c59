"""What a scene's settings are in each frame, by their keyframes, drivers and tracks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bpy.types import AnimData, FCurve, Scene

from ...shared.declaration import Spec
from ...shared.settings import DreamSettings
from .. import properties, versions

_GROUP = "reverie."
_SPECS = DreamSettings.specs()


def sampled(scene: Scene, numbers: Iterable[int]) -> dict[int, DreamSettings]:
    """The settings of the frames ``numbers``. Raises `Problem` where a frame's can't be taken.

    Keyframes are read off their curves. Drivers and tracks of the NLA may depend on all of the scene: where they move
    a setting, the scene is taken through its frames, and back.
    """
    still = properties.read(scene.reverie)  # type: ignore[attr-defined]
    animation = scene.animation_data
    if animation is None:
        return dict.fromkeys(numbers, still)
    if _needs_the_scene(animation):
        return _by_the_scene(scene, numbers)
    curves = [(name, curve) for curve in versions.curves(animation) if (name := _setting(curve)) and not curve.mute]
    if not curves:
        return dict.fromkeys(numbers, still)
    return {
        number: still.replace(**{name: _value(_SPECS[name], curve.evaluate(number)) for name, curve in curves})
        for number in numbers
    }


def _setting(curve: FCurve) -> str | None:
    """The setting that a curve moves, if it is one of ours."""
    name = curve.data_path.removeprefix(_GROUP)
    return name if curve.data_path.startswith(_GROUP) and name in _SPECS else None


def _needs_the_scene(animation: AnimData) -> bool:
    has_tracks = animation.use_nla and any(track.strips and not track.mute for track in animation.nla_tracks)
    return has_tracks or any(_setting(driver) for driver in animation.drivers)


def _by_the_scene(scene: Scene, numbers: Iterable[int]) -> dict[int, DreamSettings]:
    frame, part = scene.frame_current, scene.frame_subframe
    found = {}
    try:
        for number in numbers:
            scene.frame_set(number)
            found[number] = properties.read(scene.reverie)  # type: ignore[attr-defined]
    finally:
        scene.frame_set(frame, subframe=part)
    return found


def _value(spec: Spec, value: float) -> Any:
    """What Blender makes of a curve's height: whole numbers lose their fraction, choices are counted."""
    if spec.choices:
        return spec.choices[min(max(int(value), 0), len(spec.choices) - 1)].value
    if spec.type is bool:
        return value >= 1.0
    assert spec.minimum is not None and spec.maximum is not None
    return properties.plain(spec.type(min(max(value, spec.minimum), spec.maximum)))
