"""What a scene remembers of how its renders are dreamt."""

# pyright: reportInvalidTypeForm=false
import bpy
from bpy.types import PropertyGroup, Scene


class ReverieRender(PropertyGroup):
    """How the renders of a scene are dreamt."""

    dream_after_render: bpy.props.BoolProperty(
        name="Dream After Render",
        description="Dream on every still as soon as it is rendered. Animations are not dreamt by this",
    )
    awaited: bpy.props.StringProperty(
        name="Awaited", description="The dreams of this scene's renders that are under way", options={"HIDDEN"}
    )


def register() -> None:
    """Hang it on scenes."""
    bpy.utils.register_class(ReverieRender)
    Scene.reverie_render = bpy.props.PointerProperty(type=ReverieRender)


def unregister() -> None:
    """Take it away again; what is stored in files stays there."""
    del Scene.reverie_render
    bpy.utils.unregister_class(ReverieRender)
