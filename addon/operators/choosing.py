"""What a dream is made with: a guide or a mask from a file, and presets."""

# pyright: reportInvalidTypeForm=false
import bpy
from bpy.types import Context, Event, Operator, OperatorProperties

from ...shared import presets
from ...shared.declaration import SettingError
from .. import images, places, properties
from ..problems import Problem


class OpenInput(Operator):
    """Choose a picture file"""

    bl_idname = "reverie.open_input"
    bl_label = "Open"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012

    name: bpy.props.StringProperty(name="Name", description="What the picture is for", options={"HIDDEN"})
    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def description(cls, _context: Context, properties_: OperatorProperties) -> str:
        """What is opened, for the tooltip."""
        return f"Open a picture file as the {properties_.name}"  # type: ignore[attr-defined]

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Let the artist choose."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        """Load it; what is shown in the Image Editor stays there."""
        try:
            image = bpy.data.images.load(self.filepath, check_existing=True)
            images.check(image)
        except RuntimeError:  # Blender says in its own words what it could not open.
            self.report({"ERROR"}, f"{self.filepath or 'A file without a name'} can't be opened.")
            return {"CANCELLED"}
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        setattr(context.scene.reverie, self.name, image)
        places.redraw()
        return {"FINISHED"}


class ApplyPreset(Operator):
    """Take over the look of a preset; what the picture is for and how it is computed stay as they are"""

    bl_idname = "reverie.apply_preset"
    bl_label = "Apply Preset"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    name: bpy.props.StringProperty(name="Preset", description="The preset's name")

    @classmethod
    def description(cls, _context: Context, properties_: OperatorProperties) -> str:
        """What the preset says of itself, for the tooltip."""
        try:
            return presets.load(properties_.name).description  # type: ignore[attr-defined]
        except SettingError:
            return cls.__doc__ or ""

    def execute(self, context: Context) -> set[str]:
        """Take them over."""
        group = context.scene.reverie
        try:
            properties.write(group, properties.read(group).replace(**presets.load(self.name).settings))
        except (Problem, SettingError) as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        return {"FINISHED"}


classes = (OpenInput, ApplyPreset)
