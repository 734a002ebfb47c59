"""What arrived stays: finished dreams through undo, redo and saving.

Blender's undo brings a datablock back without the pixels that were written to it after it was made. The pictures of
the newest results are therefore kept for a while, and written again when redo revives their image.
"""

from __future__ import annotations

from bpy.types import Image

from ..shared.picture import Picture
from . import images, places

# How much memory the kept pictures may take, in bytes.
LIMIT = 512 << 20


class _Kept:
    """A result's picture, the image it was dreamt from, and whether undo has taken the result away."""

    def __init__(self, picture: Picture, source: int) -> None:
        self.picture = picture
        self.source = source
        self.gone = False


_kept: dict[int, _Kept] = {}


def keep(image: Image, picture: Picture, source: int) -> None:
    """Remember the picture just written into ``image``; the oldest are forgotten where memory runs short."""
    _kept[image.session_uid] = _Kept(picture, source)
    while len(_kept) > 1 and sum(kept.picture.info.size for kept in _kept.values()) > LIMIT:
        del _kept[next(iter(_kept))]


def forget_all() -> None:
    """Forget the kept pictures: another file was loaded."""
    _kept.clear()


def after_undo() -> None:
    """After an undo or a redo: give revived results their pixels, and editors that lost theirs the original."""
    for uid, kept in _kept.items():
        image = images.by_uid(uid)
        source = images.by_uid(kept.source)
        if image is None and not kept.gone and source:
            places.fill_empty_editors(source)
        elif image is not None and kept.gone and not image.packed_file:
            images.write(image, kept.picture)
            if source:
                places.swap(source, image, None)
        kept.gone = image is None


def pack_all() -> None:
    """Keep every result in the .blend file that is about to be saved."""
    for image in images.results():
        images.pack(image)
