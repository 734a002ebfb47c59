"""Reverie: dream inside Blender.

This folder is at once a Blender extension and the Python package ``reverie``.
Nothing is imported here: the server and the tests use the package without Blender,
Blender uses it without torch.
"""


def register() -> None:
    """Enable the extension (called by Blender)."""
    from . import addon

    addon.register()


def unregister() -> None:
    """Disable the extension (called by Blender)."""
    from . import addon

    addon.unregister()
