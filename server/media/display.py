"""Pictures as networks see them, and the way back: colour, alpha, row order and bit depth live here alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...shared.picture import Picture, PictureInfo
from ..space import room
from .encoding import BRIGHTEST, Encoding
from .values import blocks, colour_channels, limits, read_colours, read_values, write_colours

# Colours under less alpha than this don't set a picture's peak: dividing by it makes fireflies of rounding.
SOLID = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Display:
    """A picture as a network sees it.

    picture: what came in.
    encoding: between its stored values and 0..1.
    tensor: 1x3xHxW float32, display-encoded 0..1, row 0 at the top; grey is repeated.
    """

    picture: Picture
    encoding: Encoding
    tensor: Tensor

    def back(self, dreamed: Tensor, strength: float = 1.0, mask: Tensor | None = None) -> Picture:
        """The picture with the dream mixed in, in the form it came in.

        dreamed: 1x3xHxW like `tensor`. The result is the input plus `Encoding.change` for strength · detail, and
        only values that this moves are written: where nothing was dreamed, where ``mask`` (1x1xHxW) is 0, and all
        over at strength 0, every bit is the input's. So are alpha, NaN and infinity.
        """
        result = Picture(self.picture.info, self.picture.pixels.copy())
        for rows, stored, change in self._changes(dreamed, strength, mask):
            write_colours(result, rows, stored + change, change != 0)
        return result

    def detail(self, dreamed: Tensor, strength: float = 1.0, mask: Tensor | None = None) -> Picture:
        """What `back` adds to the picture, in the form `detail_form`; 0 where the picture is NaN or infinite.

        Stored values plus detail, added in float32, are what `back` returns: exactly for floats (halves when rounded
        to halves again), before rounding for integers.
        """
        layer = detail_form(self.picture.info)
        result = Picture(layer, np.zeros(layer.shape, layer.numpy_dtype))
        for rows, stored, change in self._changes(dreamed, strength, mask):
            after = stored + change
            within = after.clamp(*limits(self.picture.info))
            change = torch.where((change == 0) | (after == within), change, within - stored)
            write_colours(result, rows, change, change != 0)
        return result

    def _changes(self, dreamed: Tensor, strength: float, mask: Tensor | None) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Block by block: its rows, the colours stored there, and by how much each of them moves."""
        for rows in blocks(self.picture.info):
            stored, weight = read_colours(self.picture, rows, dreamed.device)
            encoded = self.tensor[0, : len(stored), rows]
            detail = strength * (dreamed[0, :, rows] - encoded)
            if len(stored) == 1:
                detail = detail.mean(0, keepdim=True)
            change = self.encoding.change(encoded, detail)
            if weight is not None:
                change = change * weight
            moves = stored.isfinite() if mask is None else stored.isfinite() & (mask[0, :, rows] > 0)
            yield rows, stored, torch.where(moves, change, 0.0)

    def solidity(self) -> Tensor:
        """How much each pixel is there to be seen, 1x1xHxW, 0..1: its alpha; 0 where a colour is NaN or infinite."""
        return torch.cat([_solid(self.picture, rows, self.tensor.device) for rows in blocks(self.picture.info)], 1)[
            None
        ]

    def preview(self, dreamed: Tensor, max_side: int, strength: float = 1.0) -> Picture:
        """A small picture of a dream under way: u8 sRGB, RGB or straight RGBA, rows as in the input.

        dreamed: 1x3xhxw, any size. The longer side becomes ``max_side`` or the dream's own, whichever is smaller.
        """
        info = self.picture.info
        height, width = dreamed.shape[2:]
        scale = min(1.0, max_side / max(height, width))
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        before = _resized(self.tensor, size)
        change = self.encoding.change(before, strength * (_resized(dreamed, size) - before))
        shown = self.encoding.curved(self.encoding.decode(before) + change).clamp(0.0, 1.0)[0]
        if info.shape[2] < 3:
            shown = shown.mean(0, keepdim=True).expand(3, -1, -1)
        pixels = (shown * 255.0).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        if info.rows == "bottom-up":
            pixels = pixels[::-1]
        alpha = "none"
        if info.alpha != "none":
            alpha = "straight"
            pixels = np.concatenate([pixels, _small_alpha(self.picture, size)], axis=2)
        pixels = np.ascontiguousarray(pixels)
        return Picture(PictureInfo(pixels.shape, "u8", "sRGB", alpha, info.rows), pixels)


def to_display(
    picture: Picture, device: torch.device | str = "cpu", *, as_stored: bool = False, memory: float = 0.0
) -> Display:
    """Show a picture to a network on ``device``; ``as_stored``: by its values as they are, whatever its colour space.

    Colour spaces: names that start with "Linear" are scene-linear, all others are taken as display-encoded (for
    "Non-Color" that means: as they are). Premultiplied colours are seen undivided by their alpha.

    memory: as `room` takes it.
    """
    device = torch.device(device)
    height, width, _ = picture.info.shape
    linear = picture.info.colorspace.startswith("Linear") and not as_stored
    encoding = Encoding(linear, _peak(picture, device))
    tensor = room((1, 3, height, width), device, memory)
    for rows in blocks(picture.info):
        tensor[0, :, rows] = encoding.encode(_unweighted(*read_colours(picture, rows, device)))
    return Display(picture, encoding, tensor)


def detail_form(info: PictureInfo) -> PictureInfo:
    """The form of the detail of a picture of the form ``info``: signed float32 in the space of the stored values.

    Its colour space is the picture's where that is scene-linear, otherwise "Non-Color": no curve is meant for a
    difference. It has no alpha, for none is added: an Add node takes that of the picture.
    """
    colorspace = info.colorspace if info.colorspace.startswith("Linear") else "Non-Color"
    return PictureInfo((*info.shape[:2], colour_channels(info)), "f32", colorspace, "none", info.rows)


def _peak(picture: Picture, device: torch.device) -> float:
    """The largest finite value that colours reach, within 1 and `BRIGHTEST`."""
    peak = 1.0
    if picture.info.dtype.startswith("u"):
        return peak
    for rows in blocks(picture.info):
        stored, weight = read_colours(picture, rows, device)
        colour = _unweighted(stored, weight).nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
        if weight is not None:
            colour = torch.where(weight >= SOLID, colour, 0.0)
        peak = max(peak, colour.max().item())
    return min(peak, BRIGHTEST)


def _unweighted(stored: Tensor, weight: Tensor | None) -> Tensor:
    return stored if weight is None else torch.where(weight > 0, stored / weight, stored)


def _solid(picture: Picture, rows: slice, device: torch.device) -> Tensor:
    colours, alpha = read_values(picture, rows, device)
    if picture.info.alpha == "none":
        alpha = torch.ones_like(colours[:1])
    solid = alpha.nan_to_num(nan=0.0, posinf=1.0, neginf=0.0).clamp(0.0, 1.0)
    return torch.where(colours.isfinite().all(0, keepdim=True), solid, 0.0)


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    if picture.shape[2:] == size:
        return picture
    return F.interpolate(picture, size, mode="bilinear", align_corners=False, antialias=True)


def _small_alpha(picture: Picture, size: tuple[int, int]) -> np.ndarray:
    """The alpha at ``size``, u8, picked from the nearest pixels so that only those are touched."""
    height, width, _ = picture.info.shape
    rows = np.arange(size[0]) * height // size[0]
    columns = np.arange(size[1]) * width // size[1]
    alpha = picture.pixels[rows[:, None], columns[None, :], -1:]
    if picture.info.dtype.startswith("u"):
        alpha = alpha / np.iinfo(picture.info.numpy_dtype).max
    return (np.nan_to_num(alpha.astype(np.float32)).clip(0.0, 1.0) * 255.0).round().astype(np.uint8)
