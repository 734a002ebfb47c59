"""Back and forth between a dream and its original."""

from __future__ import annotations

from bpy.types import Image

from . import images, places, properties
from .problems import Problem

# The dream that was last left for its original, so that toggling twice ends where it began.
_left: dict[int, int] = {}


def counterpart(image: Image) -> Image | None:
    """The original of a dream; else the dream last left for ``image``, or its newest. None where there is none."""
    original = image.reverie.original
    if image.reverie.record and original:
        return original
    dreamt = [
        result for result in images.results() if result.reverie.original == image and not properties.is_layer(result)
    ]
    left = images.by_uid(_left.get(image.session_uid))
    return left if left in dreamt else max(dreamt, key=lambda result: result.reverie.made, default=None)


def toggle(image: Image, node: places.NodePlace | None) -> Image:
    """Show the counterpart of ``image`` wherever ``image`` is shown; returns it. Raises `Problem`."""
    other = counterpart(image)
    if other is None:
        raise Problem(f"“{image.name}” has no dream and is none.", "Dream on it first.")
    if image.reverie.record:
        _left[other.session_uid] = image.session_uid
    places.swap(image, other, node)
    return other
