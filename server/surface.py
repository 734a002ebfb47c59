"""The surface: what a dream is shown of a picture, and what it makes of it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..shared.picture import Picture
from ..shared.settings import DreamSettings
from .dream.colours import achromatic, matched
from .dream.relief import DEPTH, pressed, shaded
from .dream.wrap import Wrap
from .media.content import content_of
from .media.display import to_display
from .media.mask import to_mask


class Surface:
    """A picture to dream on, as `content_of` understands it.

    Colours are seen display-encoded, and their dream has the colours that ``settings.colours`` says. Data is seen as
    it is stored; the lightness of its dream is added to every channel alike. A normal map is seen as a relief lit
    from one side, and the lightness of its dream is taken for height.

    seen: 1x3xHxW float32, 0..1, what to dream on. mask: 1x1xHxW, 0..1, how much each place may change, or None.
    """

    def __init__(
        self, picture: Picture, settings: DreamSettings, device: torch.device, mask: Picture | None = None
    ) -> None:
        """Raises `SettingError` where the picture can't be what ``settings.content`` says."""
        self._content = content_of(picture, settings.content)
        self._settings = settings
        self._display = to_display(picture, device, as_stored=self._content != "colour", memory=settings.memory)
        self.mask = None if mask is None else to_mask(mask, picture.info, device)
        stored = self._display.tensor
        self.seen = shaded(stored) if self._content == "normal" else stored

    def restrict(self, mask: Tensor) -> None:
        """Let the picture change only where this mask (1x1xHxW, 0..1) lets it, too."""
        self.mask = mask if self.mask is None else self.mask * mask

    def result(self, dreamed: Tensor) -> Picture:
        """What to hand back, for ``dreamed`` like `seen`: the picture with the dream in it, or the dream alone."""
        finish = self._display.detail if self._settings.output == "detail" else self._display.back
        return finish(self._understood(dreamed), self._mix, self.mask)

    def preview(self, dreamed: Tensor, max_side: int) -> Picture:
        """The whole picture as it would look, small: `Display.preview` of a dream under way, 1x3xhxw of any size."""
        return self._display.preview(self._understood(dreamed), max_side, self._mix)

    @property
    def _mix(self) -> float:
        # A normal map's strength is the height of its relief: mixed, its vectors would not stay unit vectors.
        return 1.0 if self._content == "normal" else self._settings.strength

    def _understood(self, dreamed: Tensor) -> Tensor:
        """The dream as `Display` takes it: display-encoded colours or stored values, 1x3xhxw."""
        settings, size = self._settings, dreamed.shape[2:]
        stored = _resized(self._display.tensor, size)
        if self._content == "normal":
            height = (dreamed - _resized(self.seen, size)).mean(1, keepdim=True)
            return pressed(stored, height.mul_(DEPTH * settings.strength), Wrap.of(settings.seamless))
        if self._content == "data" or settings.colours == "luminance":
            dreamed = achromatic(dreamed, stored)
        elif settings.colours == "match":
            dreamed = matched(dreamed, stored, self._weight(size))
        else:
            return dreamed
        return dreamed.clamp_(0.0, 1.0) if settings.clip else dreamed

    def _weight(self, size: torch.Size) -> Tensor:
        weight = self._display.solidity()
        return _resized(weight if self.mask is None else weight.mul_(self.mask), size)


def _resized(picture: Tensor, size: torch.Size) -> Tensor:
    if picture.shape[2:] == size:
        return picture
    return F.interpolate(picture, size, mode="bilinear", align_corners=False, antialias=True)
