"""The settings as Blender's properties, made from their one declaration, and what is stored on each result."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import bpy
from bpy.types import Context, Image, PropertyGroup, Scene

from ..shared.declaration import Declared, SettingError, Spec
from ..shared.settings import DreamSettings
from ..shared.target import CLASSINGS, GUIDINGS
from . import connection, images
from .problems import Problem

T = TypeVar("T", bound=Declared)


def _networks(_group: PropertyGroup, _context: Context, _typed: str) -> list[tuple[str, str]]:
    """The networks the server has, with their titles."""
    return [(network["name"], network.get("title", "")) for network in connection.networks()]


# What stands before the name of a layer that is being typed (other targets, their brackets closed; a weight; a sign;
# how to follow a guide, or that it is a class), and the name as far as it is typed.
_NAME_BEGUN = re.compile(
    rf"((?:(?:[^\[\]]|\[[^\]]*\])*[,*])?\s*[-+]?\s*(?:({'|'.join((*GUIDINGS, *CLASSINGS))})\()?)[\w./-]*"
)


def _layers(group: PropertyGroup, _context: Context, typed: str) -> list[str]:
    """The layers and classes of the chosen network, each in the place of the name that is being typed."""
    begun = _NAME_BEGUN.fullmatch(typed)
    if begun is None:
        return []
    before, call = begun.groups()
    network = connection.network(group.network)  # type: ignore[attr-defined]
    layers, classes = network.get("layers", ()), network.get("class_names", ())
    if call:
        return [f"{before}{name})" for name in (classes if call in CLASSINGS else layers)]
    return [f"{before}{name}" for name in (*layers, *(f"class({name})" for name in classes))]


def _goes_along(_group: PropertyGroup, image: Image) -> bool:
    """Whether an image can be sent along with another: one that holds pixels, and no preview."""
    return image.type not in ("RENDER_RESULT", "COMPOSITING") and not images.is_unfinished(image)


# What a dream is made with beside its settings: label and description by name.
INPUTS = {
    "guide": ("Guide", "A picture to take after: the dream grows what is seen in it"),
    "mask": (
        "Mask",
        "Where to dream: white dreams, black stays as it is, grey dreams less. It is stretched over the image",
    ),
}

_SEARCHES = {"network": _networks, "layers": _layers}


# Units that Blender can't show behind a number: in the label.
_UNITS = {"degrees": "°", "GB": "GB"}


def blender_property(spec: Spec) -> Any:
    """The property that shows and bounds one setting as its declaration says."""
    unit = f" ({_UNITS[spec.unit]})" if spec.unit in _UNITS else ""
    common = {"name": spec.label + unit, "description": spec.description, "default": spec.default}
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
    subtype = "PIXEL" if spec.unit == "px" else "NONE"
    if spec.type is int:
        return bpy.props.IntProperty(**common, subtype=subtype)
    is_factor = (spec.minimum, spec.maximum) == (0.0, 1.0)
    return bpy.props.FloatProperty(
        **common, precision=3 if is_factor else 2, subtype="FACTOR" if is_factor else subtype
    )


class ReverieSettings(PropertyGroup):
    """What the next dream will be made with; one property for each setting."""

    __annotations__ = {
        **{name: blender_property(spec) for name, spec in DreamSettings.specs().items()},
        **{
            name: bpy.props.PointerProperty(name=label, description=description, type=Image, poll=_goes_along)
            for name, (label, description) in INPUTS.items()
        },
    }


class ReverieImage(PropertyGroup):
    """What is stored on a result: the settings and the images that made it."""

    __annotations__ = {
        "record": bpy.props.StringProperty(name="Settings", description="The settings that made this dream, as JSON"),
        "original": bpy.props.PointerProperty(
            name="Original", description="The image this was dreamt from", type=Image
        ),
        **{
            name: bpy.props.PointerProperty(name=label, description="An image that made this dream", type=Image)
            for name, (label, _) in INPUTS.items()
        },
        "made_with": bpy.props.StringProperty(
            name="Made With", description="The inputs that made this dream, separated by commas"
        ),
        "rendered": bpy.props.StringProperty(
            name="Rendered", description="The scene whose render this is, or is the dream of"
        ),
        "job": bpy.props.StringProperty(name="Job", description="The id under which the server knew this dream"),
        "awaited": bpy.props.StringProperty(
            name="Awaited", description="The dreams of this image that are under way", options={"HIDDEN"}
        ),
        "made": bpy.props.StringProperty(name="Made", description="When this dream was finished, in UTC"),
    }


def read(group: PropertyGroup) -> DreamSettings:
    """The settings of a dream as the artist has them. Raises `Problem`."""
    return read_declared(group, DreamSettings)


def read_declared(group: PropertyGroup, declared: type[T]) -> T:
    """The settings that ``declared`` names, as the artist has them. Raises `Problem`."""
    try:
        return declared.from_mapping({name: plain(getattr(group, name)) for name in declared.specs()})
    except SettingError as error:
        raise Problem(f"{error.problem}.", f"Allowed: {error.allowed}.") from None


def write(group: PropertyGroup, settings: DreamSettings) -> None:
    """Show ``settings`` to the artist as those of the next dream."""
    for name, value in settings.record().items():
        setattr(group, name, value)


def inputs(group: PropertyGroup) -> dict[str, Image]:
    """The guide and the mask that the artist has chosen, or that are stored on a result, by name."""
    return {name: image for name in INPUTS if (image := getattr(group, name))}


def write_inputs(group: PropertyGroup, chosen: Mapping[str, Image]) -> None:
    """Show ``chosen`` to the artist as what goes along with the next dream, and nothing else."""
    for name in INPUTS:
        setattr(group, name, chosen.get(name))


def lost_inputs(image: Image) -> list[str]:
    """The names of what a result was made with and that is gone since."""
    return [name for name in image.reverie.made_with.split(",") if name and not getattr(image.reverie, name)]


def stored(image: Image) -> DreamSettings:
    """The settings a result was made with. Raises `Problem` where there are none that can be read."""
    try:
        return DreamSettings.from_mapping(json.loads(image.reverie.record))
    except SettingError as error:
        raise Problem(f"The settings stored on “{image.name}” can't be used: {error}") from None
    except (ValueError, TypeError):
        raise Problem(f"“{image.name}” has no settings stored on it.", "Dream on it to make a new one.") from None


def is_layer(image: Image) -> bool:
    """Whether ``image`` is the detail alone of a dream, to be added to a picture, and no picture itself."""
    try:
        return bool(image.reverie.record) and stored(image).output == "detail"
    except Problem:
        return False


def store(
    image: Image, settings: DreamSettings, original: Image | None, chosen: Mapping[str, Image | None], made: str
) -> None:
    """Record on a result what made it; of ``chosen``, the inputs by name, those are None that are gone by now."""
    image.reverie.record = json.dumps(settings.record())
    image.reverie.original = original
    for name, further in chosen.items():
        setattr(image.reverie, name, further)
    image.reverie.made_with = ",".join(chosen)
    image.reverie.made = made


def plain(value: Any) -> Any:
    """A value of Blender's, as settings have it."""
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
