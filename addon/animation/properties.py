"""What an animation is asked for: its settings as properties of the scene, made from their one declaration."""

import bpy
from bpy.types import PropertyGroup, Scene

from ...shared.frames.settings import FrameSettings
from ..properties import blender_property

SOURCES = (
    ("RENDER", "Render", "Render the animation, and dream each frame while the next one renders"),
    ("DISK", "Files on Disk", "Dream frames that were rendered before"),
)


class ReverieAnimation(PropertyGroup):
    """How the scene's animation is dreamed, but for the settings of the dream itself."""

    __annotations__ = {
        **{name: blender_property(spec) for name, spec in FrameSettings.specs().items()},
        "source": bpy.props.EnumProperty(name="Frames", description="Where the frames come from", items=SOURCES),
        "first": bpy.props.StringProperty(
            name="First File",
            description="Any file of a numbered sequence, or its folder. Empty is the scene's own output",
            subtype="FILE_PATH",
        ),
        "folder": bpy.props.StringProperty(
            name="Dreams To",
            description="The folder of the dreamed frames. Empty is a folder beside the frames",
            subtype="DIR_PATH",
        ),
        "keep_passes": bpy.props.BoolProperty(
            name="Keep Passes",
            description="Keep the files with motion, depth and objects that are written beside the frames of a render",
        ),
        # What a run has changed in this scene, to be put back by whoever finds it: see `demands`.
        "changed": bpy.props.StringProperty(options={"HIDDEN"}),
    }


def register() -> None:
    """Hang them on scenes."""
    bpy.utils.register_class(ReverieAnimation)
    Scene.reverie_animation = bpy.props.PointerProperty(type=ReverieAnimation)


def unregister() -> None:
    """Take them away again; what is stored in files stays there."""
    del Scene.reverie_animation
    bpy.utils.unregister_class(ReverieAnimation)
