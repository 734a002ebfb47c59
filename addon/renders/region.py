"""A render of a region only: the rest of the picture is empty, and is not dreamt on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from bpy.types import Scene

from ...shared.picture import Picture


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a picture of ``shape`` (height, width): rows and columns, counted from the bottom left."""

    shape: tuple[int, int]
    rows: slice
    columns: slice

    def record(self) -> list[int]:
        """As JSON has it."""
        return [*self.shape, self.rows.start, self.rows.stop, self.columns.start, self.columns.stop]

    @classmethod
    def of_record(cls, record: list[int]) -> Region:
        """What was recorded."""
        height, width, top, bottom, left, right = record
        return cls((height, width), slice(top, bottom), slice(left, right))

    def cut(self, picture: Picture) -> Picture:
        """The part of a whole picture."""
        return _of(picture, np.ascontiguousarray(picture.pixels[self.rows, self.columns]))

    def put_back(self, picture: Picture) -> Picture:
        """The whole picture with the part in its place and nothing around it."""
        whole = np.zeros((*self.shape, picture.info.shape[2]), picture.pixels.dtype)
        whole[self.rows, self.columns] = picture.pixels
        return _of(picture, whole)


def of(scene: Scene, picture: Picture) -> Region | None:
    """The region of the scene's last render ``picture``; None where it is the whole of it."""
    render = scene.render
    if not render.use_border or render.use_crop_to_border:
        return None
    height, width, _ = picture.info.shape
    rows = slice(int(render.border_min_y * height), int(render.border_max_y * height))
    columns = slice(int(render.border_min_x * width), int(render.border_max_x * width))
    is_empty = rows.start >= rows.stop or columns.start >= columns.stop
    return None if is_empty else Region((height, width), rows, columns)


def _of(picture: Picture, pixels: np.ndarray) -> Picture:
    height, width, channels = pixels.shape
    return Picture(replace(picture.info, shape=(height, width, channels)), pixels)
