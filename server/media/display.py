"""Pictures as networks see them, and the way back: colour, alpha, row order and bit depth live here alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...shared.picture import Picture, PictureInfo
from .encoding import BRIGHTEST, Encoding

# Values worked on at once: what is needed besides picture and dream stays at some 100 MB, whatever the picture's size.
BLOCK = 1 << 22
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

    def back(self, dreamed: Tensor, strength: float = 1.0) -> Picture:
        """The picture with the dream mixed in, in the form it came in.

        dreamed: 1x3xHxW like `tensor`. The result is the input plus `Encoding.change` for strength · detail, and
        only values that this moves are written: where nothing was dreamed, and all over at strength 0, every bit
        is the input's. So are alpha, NaN and infinity.
        """
        info = self.picture.info
        result = self.picture.pixels.copy()
        for rows in _blocks(info):
            stored, weight = _values(self.picture, rows, dreamed.device)
            encoded = self.tensor[0, : len(stored), rows]
            detail = strength * (dreamed[0, :, rows] - encoded)
            if len(stored) == 1:
                detail = detail.mean(0, keepdim=True)
            change = self.encoding.change(encoded, detail)
            if weight is not None:
                change = change * weight
            moved = (change != 0) & stored.isfinite()
            _write(result[_stored_rows(info, rows)], stored + change, moved, info)
        return Picture(info, result)

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


def to_display(picture: Picture, device: torch.device | str = "cpu") -> Display:
    """Show a picture to a network on ``device``.

    Colour spaces: names that start with "Linear" are scene-linear, all others are taken as display-encoded (for
    "Non-Color" that means: as they are). Premultiplied colours are seen undivided by their alpha.
    """
    device = torch.device(device)
    height, width, _ = picture.info.shape
    encoding = Encoding(picture.info.colorspace.startswith("Linear"), _peak(picture, device))
    tensor = torch.empty(1, 3, height, width, device=device)
    for rows in _blocks(picture.info):
        tensor[0, :, rows] = encoding.encode(_unweighted(*_values(picture, rows, device)))
    return Display(picture, encoding, tensor)


def _peak(picture: Picture, device: torch.device) -> float:
    """The largest finite value that colours reach, within 1 and `BRIGHTEST`."""
    peak = 1.0
    if picture.info.dtype.startswith("u"):
        return peak
    for rows in _blocks(picture.info):
        stored, weight = _values(picture, rows, device)
        colour = _unweighted(stored, weight).nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
        if weight is not None:
            colour = torch.where(weight >= SOLID, colour, 0.0)
        peak = max(peak, colour.max().item())
    return min(peak, BRIGHTEST)


def _blocks(info: PictureInfo) -> Iterator[slice]:
    """Slices of rows, counted from the top, of about `BLOCK` values each."""
    height, width, channels = info.shape
    step = max(1, BLOCK // (width * channels))
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def _stored_rows(info: PictureInfo, rows: slice) -> slice:
    """Where those rows lie in the stored pixels."""
    height = info.shape[0]
    return rows if info.rows == "top-down" else slice(height - rows.stop, height - rows.start)


def _values(picture: Picture, rows: slice, device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Those rows' colours as stored, 1xhxW or 3xhxW float32, integers as 0..1, row 0 at the top; and what they
    have been multiplied by, 1xhxW, where they have been.
    """
    info = picture.info
    block = picture.pixels[_stored_rows(info, rows)].astype(np.float32)
    values = torch.from_numpy(block).to(device).permute(2, 0, 1)
    if info.rows == "bottom-up":
        values = values.flip(1)
    if info.dtype.startswith("u"):
        values = values / np.iinfo(info.numpy_dtype).max
    colours = _colours(info)
    if info.alpha != "premultiplied":
        return values[:colours], None
    alpha = values[colours:]
    return values[:colours], torch.where((alpha > 0) & alpha.isfinite(), alpha, 0.0)


def _colours(info: PictureInfo) -> int:
    return 1 if info.shape[2] < 3 else 3


def _unweighted(stored: Tensor, weight: Tensor | None) -> Tensor:
    return stored if weight is None else torch.where(weight > 0, stored / weight, stored)


def _write(target: np.ndarray, values: Tensor, moved: Tensor, info: PictureInfo) -> None:
    """Write the moved ones of ``values``, CxhxW, into the colours of ``target``, hxWxchannels, as it stores them."""
    limits = np.iinfo(info.numpy_dtype) if info.dtype.startswith("u") else np.finfo(info.numpy_dtype)
    if info.dtype.startswith("u"):
        values = (values * limits.max).round()
    values = values.clamp(float(limits.min), float(limits.max))
    if info.rows == "bottom-up":
        values, moved = values.flip(1), moved.flip(1)
    np.copyto(
        target[:, :, : len(values)],
        values.permute(1, 2, 0).cpu().numpy().astype(info.numpy_dtype),
        where=moved.permute(1, 2, 0).cpu().numpy(),
    )


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
