"""What arrived stays: finished dreams through undo, redo and saving.

Undo and redo can bring a datablock back without the pixels that were written to it. The pictures of the newest
results are therefore kept for a while, and written again where that happened.
"""

from __future__ import annotations

from dataclasses import dataclass

from bpy.types import Image

from ..shared.picture import Picture
from . import images, places

# How much memory the kept pictures may take, in bytes.
LIMIT = 256 << 20


@dataclass(frozen=True, slots=True)
class _Kept:
    """A result's picture, the ``session_uid`` of the image it is shown instead of, and the node it is shown on."""

    picture: Picture
    replaces: int | None
    node: places.NodePlace | None


_kept: dict[int, _Kept] = {}

# What those nodes showed before the undo or redo that is going on.
_shown: dict[places.NodePlace, int] = {}


def keep(image: Image, picture: Picture, replaces: int | None, node: places.NodePlace | None) -> None:
    """Remember the picture just written into ``image``; the oldest are forgotten where memory runs short."""
    _kept[image.session_uid] = _Kept(picture, replaces, node)
    while len(_kept) > 1 and sum(kept.picture.info.size for kept in _kept.values()) > LIMIT:
        del _kept[next(iter(_kept))]


def forget_all() -> None:
    """Forget the kept pictures: another file was loaded."""
    _kept.clear()


def before_undo() -> None:
    """Before an undo or a redo: remember which image is on which node."""
    _shown.clear()
    for kept in _kept.values():
        image = kept.node.image if kept.node else None
        if kept.node and image:
            _shown[kept.node] = image.session_uid


def after_undo() -> None:
    """After an undo or a redo: give emptied results their pixels, and let the Image Editors follow the nodes.

    What an editor shows is no part of Blender's history; it would go on showing the dream that was undone.
    """
    for uid, kept in _kept.items():
        image, replaced = images.by_uid(uid), images.by_uid(kept.replaces)
        if image and images.has_lost_pixels(image):
            images.write(image, kept.picture)
        elif not image and replaced:
            places.fill_empty_editors(replaced)
    for node, before in _shown.items():
        old, new = images.by_uid(before), node.image
        if old and new and old != new:
            places.swap(old, new, None)


def pack_all() -> None:
    """Keep every result in the .blend file that is about to be saved."""
    for image in images.results():
        images.pack(image)
