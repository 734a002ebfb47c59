"""The settings as Blender's properties, made from their one declaration, and what is stored on each result."""

import json
from typing import Any

import bpy
from bpy.types import Context, Image, PropertyGroup, Scene

from ..shared.declaration import SettingError, Spec
from ..shared.settings import DreamSettings
from . import connection
from .problems import Problem


def _networks(_group: PropertyGroup, _context: Context, _typed: str) -> list[tuple[str, str]]:
    """The networks the server has, with their titles."""
    return [(network["name"], network.get("title", "")) for network in connection.networks()]


def _layers(group: PropertyGroup, _context: Context, typed: str) -> list[str]:
    """The layers of the chosen network, each as a continuation of what is typed before the last comma."""
    before = typed.rpartition(",")[0]
    layers = connection.network(group.network).get("layers", ())  # type: ignore[attr-defined]
    return [f"{before}, {layer}" if before else layer for layer in layers]


_SEARCHES = {"network": _networks, "layers": _layers}


def blender_property(spec: Spec) -> Any:
    """The property that shows and bounds one setting as its declaration says."""
    common = {"name": spec.label, "description": spec.description, "default": spec.default}
    if spec.choices:
        items = [(choice.value, choice.label, choice.description) for choice in spec.choices]
        return bpy.props.EnumProperty(items=items, **common)
    if spec.type is bool:
        return bpy.props.BoolProperty(**common)
    if spec.type is str:
        return bpy.props.StringProperty(
            **common,
            maxlen=int(spec.maximum or 0),
            search=_SEARCHES.get(spec.name),
            search_options={"SUGGESTION"},
        )
    common |= {
        "min": spec.minimum,
        "max": spec.maximum,
        "soft_min": spec.soft_minimum,
        "soft_max": spec.soft_maximum,
    }
    if spec.type is int:
        return bpy.props.IntProperty(**common, subtype="PIXEL" if spec.unit == "px" else "NONE")
    is_factor = (spec.minimum, spec.maximum) == (0.0, 1.0)
    return bpy.props.FloatProperty(**common, precision=3 if is_factor else 2, subtype="FACTOR" if is_factor else "NONE")


class ReverieSettings(PropertyGroup):
    """What the next dream will be made with; one property for each setting."""

    __annotations__ = {name: blender_property(spec) for name, spec in DreamSettings.specs().items()}


class ReverieImage(PropertyGroup):
    """What is stored on a result: the settings that made it and the image it was dreamt from."""

    __annotations__ = {
        "record": bpy.props.StringProperty(name="Settings", description="The settings that made this dream, as JSON"),
        "original": bpy.props.PointerProperty(
            name="Original", description="The image this was dreamt from", type=Image
        ),
        "made": bpy.props.StringProperty(name="Made", description="When this dream was finished, in UTC"),
    }


def read(group: PropertyGroup) -> DreamSettings:
    """The settings as the artist has them. Raises `Problem`."""
    try:
        return DreamSettings.from_mapping({name: _plain(getattr(group, name)) for name in DreamSettings.specs()})
    except SettingError as error:
        raise Problem(f"{error.problem}.", f"Allowed: {error.allowed}.") from None


def write(group: PropertyGroup, settings: DreamSettings) -> None:
    """Show ``settings`` to the artist as those of the next dream."""
    for name, value in settings.record().items():
        setattr(group, name, value)


def stored(image: Image) -> DreamSettings:
    """The settings a result was made with. Raises `Problem` where there are none that can be read."""
    try:
        return DreamSettings.from_mapping(json.loads(image.reverie.record))
    except SettingError as error:
        raise Problem(f"The settings stored on “{image.name}” can't be used: {error}") from None
    except (ValueError, TypeError):
        raise Problem(f"“{image.name}” has no settings stored on it.", "Dream on it to make a new one.") from None


def store(image: Image, settings: DreamSettings, original: Image | None, made: str) -> None:
    """Record on a result what made it."""
    image.reverie.record = json.dumps(settings.record())
    image.reverie.original = original
    image.reverie.made = made


def _plain(value: Any) -> Any:
    # Blender keeps 32-bit floats: 1.4 comes back as 1.39999998 and would give another digest than the 1.4 of a preset.
    return float(f"{value:.7g}") if isinstance(value, float) else value


classes = (ReverieSettings, ReverieImage)


def register() -> None:
    """Hang the settings on scenes and the records on images."""
    for cls in classes:
        bpy.utils.register_class(cls)
    Scene.reverie = bpy.props.PointerProperty(type=ReverieSettings)
    Image.reverie = bpy.props.PointerProperty(type=ReverieImage)


def unregister() -> None:
    """Take them away again; what is stored in files stays there."""
    del Image.reverie
    del Scene.reverie
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
