"""The ascent on one octave: how a picture is looked at, and how it follows the slope.

The defaults are `make_step` of google/deepdream.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ....shared.settings import DreamSettings
from ..octaves import Size
from ..tiles import Shift, Tiling
from ..wrap import Wrap
from .adam import Adam
from .normaliser import centre, measure
from .parameters import Fourier, Parameters, Pixels
from .regularisers import pull_slope, soften, total_variation_slope
from .smoothing import gaussian, laplacian
from .transforms import Lens, draw_shift, draw_transform

# Ascent, normaliser, smoothing and parameters of the original.
_PLAIN = ("normalised", "mean", "none", "pixels")


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """One look at the picture under way: ``picture`` moved by ``shift`` is what the network is to see.

    lens: through which it looks so.
    """

    picture: Tensor
    shift: Shift
    lens: Lens


class Ascent:
    """Climbs on one octave.

    picture: what is dreamed on, NxCxHxW, changed in place. rest: what it would be had nothing been dreamed: the
        regularisers act on the difference. Of the picture's shape or one that broadcasts to it.
    mask: Nx1xHxW or 1x1xHxW in 0..1, how much each place may change; None: all of it. iteration: steps done.
    """

    def __init__(
        self,
        picture: Tensor,
        rest: Tensor,
        settings: DreamSettings,
        generator: Generator,
        mask: Tensor | None = None,
        cutting: Tiling | None = None,
    ) -> None:
        """``cutting``: how the picture is looked at; what it mirrors limits the jitter."""
        self.picture = picture
        self._cutting = cutting
        self.iteration = 0
        self._rest = rest
        self._settings = settings
        self._generator = generator
        self._mask = mask
        self._wrap = Wrap.of(settings.seamless)
        self._size: Size = (picture.shape[-2], picture.shape[-1])
        kind = Fourier if settings.parameters == "fourier" else Pixels
        self._parameters: Parameters = kind(picture, mask)
        self._adam = Adam() if settings.ascent == "adam" else None

    def glance(self) -> Glance:
        """The next look at the picture: shifted and, where asked for, mirrored, turned and scaled by chance."""
        shift = draw_shift(self._generator, self._settings.jitter, self._size, self._wrap, self._cutting)
        transform = draw_transform(self._generator, self._settings, self._size)
        lens = Lens(transform, self._size, self._wrap, shift, self.picture.device)
        return Glance(lens.see(self.picture), shift, lens)

    def climb(self, slope: Tensor, glance: Glance) -> None:
        """Follow ``slope``, the gradient by the picture of ``glance``; it may be overwritten."""
        settings, mask = self._settings, self._mask
        slope = self._smooth(self._to_unit(glance.lens.back(slope)))
        if settings.normaliser == "standard":
            slope = centre(slope, mask)
        push = measure(slope, settings.normaliser, mask)
        slope = self._hold_back(slope, push)
        self._step(slope, push)
        if settings.blur:
            soften(self.picture, self._rest, settings.blur, self._wrap, mask)
            self._parameters.settle()
        if settings.clip:
            self.picture.clamp_(0, 1)
        self.iteration += 1

    def _to_unit(self, slope: Tensor) -> Tensor:
        """``slope``, in place, of a size whose squares neither overflow nor vanish; the plain ascent needs none."""
        settings = self._settings
        chosen = settings.ascent, settings.normaliser, settings.smoothing, settings.parameters
        return slope if chosen == _PLAIN else slope.div_(measure(slope, "mean"))

    def _smooth(self, slope: Tensor) -> Tensor:
        settings = self._settings
        match settings.smoothing:
            case "laplacian":
                return laplacian(slope, settings.bands, self._wrap)
            case "gaussian":
                progress = (self.iteration + 1) / settings.iterations
                return gaussian(slope, settings.smoothness, progress, self._wrap)
            case _:
                return slope

    def _hold_back(self, slope: Tensor, push: Tensor) -> Tensor:
        """``slope`` less what the regularisers pull, both in units of how hard the dream itself pushes."""
        calm, pull, step = self._settings.total_variation, self._settings.pull, self._settings.step
        if calm:
            # With differences smaller than this taken for little, descent in steps of this size is stable.
            smallest = max(1.0, 2.25 * calm * step) / 255
            held = total_variation_slope(self.picture - self._rest, smallest, self._wrap)
            slope = slope.addcmul_(held, push * -calm)
        if pull:
            held = pull_slope(self.picture - self._rest, step, self._mask)
            slope = slope.addcmul_(held, push * -pull)
        return slope

    def _step(self, slope: Tensor, push: Tensor) -> None:
        """Move the picture along ``slope``: where it is ``push`` large, the step asked for is what it moves."""
        parameters, step = self._parameters, self._settings.step
        change = parameters.gradient(slope)
        if self._adam:
            rate = torch.full_like(push, parameters.learning_rate(step))
            parameters.move(self._adam(change / push), rate)
            return
        rate = (step / 255) / push
        effect = parameters.effect(change)
        if effect is not slope:
            how, mask = self._settings.normaliser, self._mask
            rate *= measure(slope, how, mask) / measure(effect, how, mask)
        parameters.move(change, rate)
