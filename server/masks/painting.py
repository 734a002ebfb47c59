"""A frame's mask, painted term by term from what its renderer knew of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...shared.frames.where import Alpha, Depth, Named, Numbered, Soft, Term, What, Where
from ..dream.blur import gaussian_blur, reach
from ..dream.wrap import Wrap
from ..media.errors import ReadError
from ..media.passes import Cryptomatte, Passes
from .names import hashes_of, warning

_MANY = "Render to OpenEXR MultiLayer, or give a sequence of masks instead."


@dataclass(frozen=True, slots=True)
class Mask:
    """Where a frame may change.

    values: 1x1xHxW float32, 0..1; None is everywhere. warnings: sentences an artist should read.
    """

    values: Tensor | None = None
    warnings: tuple[str, ...] = field(default=())


def mask_of(where: Where, passes: Passes, shape: tuple[int, int], device: torch.device | str = "cpu") -> Mask:
    """The mask that ``where`` describes in a frame of ``shape`` (height, width) with these passes.

    Terms add up where they meet in a pixel, to 1 at most: what Cryptomatte knows of a pixel are parts of it that don't
    overlap. Names that the frame doesn't know cover nothing and are warned of: things come and go in an animation.
    Raises `ReadError` where a pass is missing, saying what to switch on.
    """
    if not where:
        return Mask()
    painter = _Painter(passes, torch.device(device))
    values = painter.painted(where)
    if values.shape[2:] != shape:
        values = F.interpolate(values, shape, mode="bilinear", align_corners=False, antialias=True)
    return Mask(values.clamp_(0.0, 1.0), tuple(painter.warnings))


class _Painter:
    def __init__(self, passes: Passes, device: torch.device) -> None:
        self._passes, self._device = passes, device
        self.warnings: list[str] = []

    def painted(self, where: Where) -> Tensor:
        """All terms, from left to right; a first one that takes away begins with everything."""
        values: Tensor | None = None
        for step in where:
            if isinstance(step, Soft):
                assert values is not None, "the grammar lets nothing be softened before there is something"
                values = _softened(values, step.pixels)
                continue
            covered = self._term(step)
            if values is None:
                values = torch.ones_like(covered) if step.away else torch.zeros_like(covered)
            values = values * (1 - covered) if step.away else (values + covered).clamp_(max=1.0)
        assert values is not None, "an empty mask is no mask"
        return values

    def _term(self, term: Term) -> Tensor:
        values = torch.stack([self._what(what) for what in term.whats]).prod(0)
        return (values.nan_to_num(nan=0.0).clamp_(0.0, 1.0) * term.weight)[None, None]

    def _what(self, what: What) -> Tensor:
        """HxW, 0..1."""
        match what:
            case Named():
                return self._named(what)
            case Numbered():
                return self._numbered(what)
            case Depth():
                depth = self._there(self._passes.depth, "Z pass", "View Layer › Passes › Data › Z")
                return ((depth >= what.near) & (depth <= what.far)).float()
            case Alpha():
                where = "Render › Film › Transparent, and RGBA in Output"
                return self._there(self._passes.alpha, "alpha", where)

    def _numbered(self, what: Numbered) -> Tensor:
        of, title = ("object", "Object") if what.kind == "index" else ("material", "Material")
        array = self._passes.object_index if of == "object" else self._passes.material_index
        index = self._there(array, f"{of} index pass", f"View Layer › Passes › Data › {title} Index").round()
        return torch.stack([(index >= first) & (index <= last) for first, last in what.ranges]).any(0).float()

    def _named(self, what: Named) -> Tensor:
        matte = self._matte(what.kind)
        hashes, unknown = hashes_of(what.names, matte.names)
        self.warnings += [warning(what.kind, name, matte.names) for name in unknown]
        ids = self._tensor(matte.ids.view(np.int32))
        wanted = self._tensor(np.array(sorted(hashes), np.uint32).view(np.int32))
        return (torch.isin(ids, wanted) * self._tensor(matte.shares)).sum(2)

    def _matte(self, kind: str) -> Cryptomatte:
        for matte in self._passes.cryptomattes:
            if kind in matte.layer.lower():
                return matte
        switch = f"View Layer › Passes › Cryptomatte › {kind.capitalize()}"
        raise _missing(f"Cryptomatte of {kind}s", switch)

    def _there(self, array: np.ndarray | None, what: str, switch: str) -> Tensor:
        if array is None:
            raise _missing(what, switch)
        return self._tensor(array)

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)


def _missing(what: str, switch: str) -> ReadError:
    return ReadError(f"This frame has no {what}, which “Where” asks for", f"In Blender, switch on {switch}. {_MANY}")


def _softened(values: Tensor, pixels: float) -> Tensor:
    """Blurred by a Gaussian that fades out over ``pixels``, three standard deviations."""
    return gaussian_blur(values, [pixels / 3], reach(pixels / 3), Wrap()).clamp_(0.0, 1.0)
