"""What finished while the artist was away: put it where it belongs, or let it go."""

# pyright: reportInvalidTypeForm=false
import bpy
from bpy.types import Context, Operator

from .. import places, returning


class _OfTheFinished(Operator):
    bl_options = {"INTERNAL"}  # noqa: RUF012

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """Whether there is any."""
        return bool(returning.finished())


class ApplyReturned(_OfTheFinished):
    """Put each of these dreams where it was begun; those of other files become images of this one"""

    bl_idname = "reverie.apply_returned"
    bl_label = "Apply"

    def execute(self, _context: Context) -> set[str]:
        """Fetch them; each arrives as a dream does."""
        returning.apply()
        places.redraw()
        return {"FINISHED"}


class DiscardReturned(_OfTheFinished):
    """Have the server forget these dreams"""

    bl_idname = "reverie.discard_returned"
    bl_label = "Discard"

    def execute(self, _context: Context) -> set[str]:
        """Forget them."""
        returning.discard()
        places.redraw()
        return {"FINISHED"}


class CancelReturned(Operator):
    """Give this dream up; it is of a file that is not open"""

    bl_idname = "reverie.cancel_returned"
    bl_label = "Cancel Dream"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    job: bpy.props.StringProperty(name="Job", description="Which of them")

    def execute(self, _context: Context) -> set[str]:
        """Give it up."""
        for returned in returning.known():
            if returned.entry.job.hex() == self.job:
                returning.cancel(returned)
        places.redraw()
        return {"FINISHED"}


classes = (ApplyReturned, DiscardReturned, CancelReturned)
