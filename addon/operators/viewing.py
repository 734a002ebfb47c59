"""Between a dream and what it was dreamt from; notices."""

from __future__ import annotations

from bpy.types import Context, Operator

from .. import notices, places, toggling
from ..problems import Problem


class ToggleOriginal(Operator):
    """Show the image this was dreamt from; on that one, its dream again"""

    bl_idname = "reverie.toggle_original"
    bl_label = "Toggle Original"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Whether there is another image to show."""
        image = places.chosen(context).image
        if image is None or toggling.counterpart(image) is None:
            cls.poll_message_set("Choose an image that was dreamt, or one that has been dreamt on")
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        """Show the other one."""
        chosen = places.chosen(context)
        assert chosen.image
        try:
            toggling.toggle(chosen.image, chosen.node)
        except Problem as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        places.redraw()
        return {"FINISHED"}


class DismissNotice(Operator):
    """Take this notice away"""

    bl_idname = "reverie.dismiss"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    def execute(self, _context: Context) -> set[str]:
        """Take it away."""
        notices.clear()
        places.redraw()
        return {"FINISHED"}


classes = (ToggleOriginal, DismissNotice)
