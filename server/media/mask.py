"""Masks: pictures that say how much each place of another one may change."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...shared.picture import Picture, PictureInfo
from .values import blocks, read_values


def to_mask(mask: Picture, info: PictureInfo, device: torch.device | str = "cpu") -> Tensor:
    """How much each place of a picture of the form ``info`` may change: 1x1xHxW float32, 0..1, row 0 at the top.

    A mask is read as mattes are: by its values as they are stored, without a colour curve, colours by the mean of
    their channels, and less where it is transparent. What is no number counts as 0, values beyond 0..1 as its ends.
    A mask of another size is stretched over the picture; where that makes it smaller, every pixel of it counts.
    """
    device = torch.device(device)
    grey = torch.cat([_greys(mask, rows, device) for rows in blocks(mask.info)], 1)[None]
    if grey.shape[2:] == info.shape[:2]:
        return grey
    return F.interpolate(grey, info.shape[:2], mode="bilinear", align_corners=False, antialias=True).clamp(0.0, 1.0)


def _greys(mask: Picture, rows: slice, device: torch.device) -> Tensor:
    colours, alpha = read_values(mask, rows, device)
    grey = colours.mean(0, keepdim=True)
    if mask.info.alpha == "straight":
        grey = grey * alpha
    return grey.nan_to_num(nan=0.0, posinf=1.0, neginf=0.0).clamp(0.0, 1.0)
