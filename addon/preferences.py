"""The add-on's preferences."""

# pyright: reportInvalidTypeForm=false
import bpy
from bpy.types import AddonPreferences, Context

# The extension's own package, whatever repository it was installed from.
PACKAGE = (__package__ or "").rpartition(".")[0]


def _address_changed(_self: AddonPreferences, _context: Context) -> None:
    from . import doctoring, dreams

    doctoring.end()
    dreams.change_server()


def _form_changed(self: AddonPreferences, _context: Context) -> None:
    from . import connection

    client = connection.current()
    if client:
        client.form = self.form  # type: ignore[attr-defined]


class ReveriePreferences(AddonPreferences):
    """Where the dream server is and how it is started."""

    bl_idname = PACKAGE

    address: bpy.props.StringProperty(
        name="Address",
        description="Where the dream server is: the line it printed, or for this computer host:port or nothing",
        default="127.0.0.1:5571",
        update=_address_changed,
    )
    form: bpy.props.EnumProperty(
        name="Pictures",
        description="How pictures travel. What a dream leaves alone comes back to the bit, whichever is chosen",
        items=[
            ("auto", "As the Line Allows", "To another computer, and if the line there is slow, floats go as halves"),
            ("exact", "Exact", "Floats keep all their digits, however long that takes"),
            ("half", "Half Floats", "Floats go as halves, also through a tunnel that begins on this computer"),
        ],
        default="auto",
        update=_form_changed,
    )
    command: bpy.props.StringProperty(
        name="Command",
        description="The command that starts a dream server on this computer. "
        "Unless it has --listen itself, the address above is added to it",
        default="reverie serve",
    )

    def draw(self, context: Context) -> None:
        """Draw the preferences (called by Blender)."""
        from . import connection, doctoring, drawing, server_process

        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "address", placeholder="127.0.0.1:5571")
        row = drawing.labelled(layout, "")
        row.operator("reverie.open_invite", icon="FILE_FOLDER")
        row = drawing.labelled(layout, "Connection")
        drawing.state(row)
        row.operator("reverie.test_connection", text="Test")
        row.operator("reverie.examine", text="Examine")
        drawing.lock(drawing.labelled(layout, "Key"))
        layout.prop(self, "form")
        client = connection.current()
        if client and client.line.rate:
            drawing.labelled(layout, "").label(text=str(client.line), translate=False)
        problem = connection.problem()
        if problem and not connection.is_connected():
            drawing.problem(layout, context, problem)
            drawing.way_out(layout)
        doctoring.draw(layout, context)
        layout.separator()
        layout.prop(self, "command")
        row = drawing.labelled(layout, "Server")
        if server_process.is_running():
            row.label(text=server_process.last_line() or "Starting…", icon="CONSOLE", translate=False)
            row.operator("reverie.stop_server", icon="QUIT")
        else:
            row.label(text="Not started from here")
            row.operator("reverie.start_server", icon="PLAY")
        death = server_process.death()
        if death:
            drawing.problem(layout, context, death)


def get() -> ReveriePreferences:
    """The preferences as they are."""
    return bpy.context.preferences.addons[PACKAGE].preferences  # type: ignore[return-value]


def register() -> None:
    """Show the preferences."""
    bpy.utils.register_class(ReveriePreferences)


def unregister() -> None:
    """Take them away."""
    bpy.utils.unregister_class(ReveriePreferences)
