"""A picture's stored values as tensors, a block of rows at a time, and back into its pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ...shared.picture import Picture, PictureInfo

# Values worked on at once: what is needed besides picture and dream stays at some 100 MB, whatever the picture's size.
BLOCK = 1 << 22


def blocks(info: PictureInfo) -> Iterator[slice]:
    """Slices of rows, counted from the top, of about `BLOCK` values each."""
    height, width, channels = info.shape
    step = max(1, BLOCK // (width * channels))
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def stored_rows(info: PictureInfo, rows: slice) -> slice:
    """Where those rows lie in the stored pixels."""
    height = info.shape[0]
    return rows if info.rows == "top-down" else slice(height - rows.stop, height - rows.start)


def colour_channels(info: PictureInfo) -> int:
    """How many channels are colours: 1 or 3; what comes after them is alpha."""
    return 1 if info.shape[2] < 3 else 3


def read_values(picture: Picture, rows: slice, device: torch.device) -> tuple[Tensor, Tensor]:
    """Those rows' colours as stored, 1xhxW or 3xhxW float32, integers as 0..1, row 0 at the top; and the channel after
    them, 1xhxW, or 0xhxW where there is none.
    """
    info = picture.info
    values = torch.from_numpy(picture.pixels[stored_rows(info, rows)].astype(np.float32)).to(device).permute(2, 0, 1)
    if info.rows == "bottom-up":
        values = values.flip(1)
    if info.dtype.startswith("u"):
        values = values / np.iinfo(info.numpy_dtype).max
    colours = colour_channels(info)
    return values[:colours], values[colours:]


def read_colours(picture: Picture, rows: slice, device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Those rows' colours, as `read_values` gives them; and what they have been multiplied by, 1xhxW, where they
    have been.
    """
    colours, alpha = read_values(picture, rows, device)
    if picture.info.alpha != "premultiplied":
        return colours, None
    return colours, torch.where((alpha > 0) & alpha.isfinite(), alpha, 0.0)


def limits(info: PictureInfo) -> tuple[float, float]:
    """The smallest and the largest finite value that pictures of that form store, integers as 0..1."""
    if info.dtype.startswith("u"):
        return 0.0, 1.0
    known = np.finfo(info.numpy_dtype)
    return float(known.min), float(known.max)


def write_colours(target: Picture, rows: slice, colours: Tensor, moved: Tensor) -> None:
    """Write the moved ones of ``colours``, CxhxW, to those rows of ``target``, as it stores them."""
    info = target.info
    colours = colours.clamp(*limits(info))
    if info.dtype.startswith("u"):
        colours = (colours * np.iinfo(info.numpy_dtype).max).round()
    if info.rows == "bottom-up":
        colours, moved = colours.flip(1), moved.flip(1)
    np.copyto(
        target.pixels[stored_rows(info, rows), :, : len(colours)],
        colours.permute(1, 2, 0).cpu().numpy().astype(info.numpy_dtype),
        where=moved.permute(1, 2, 0).cpu().numpy(),
    )
