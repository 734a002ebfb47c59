"""Noise: what a dream may begin with instead of a picture."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from .octaves import Size
from .spectrum import mix_colours, radial_frequencies

# What noise lies about: the middle of the range.
GREY = 0.5
# How the amplitude of waves falls with their frequency. In a plane 1/f gives every octave of scale the same energy,
# which is the spectrum of photographs (Field 1987); 1/f² is that of a random walk.
_FALL = {"white": 0.0, "pink": 1.0, "brown": 2.0}
# How strong a breath of noise on grey is: enough to tell the pixels apart, too little to be seen.
_BREATH = 0.01


def coloured_noise(kind: str, count: int, size: Size, generator: Generator) -> Tensor:
    """``count`` x3xHxW float32 on the CPU: mean 0, standard deviation 1, the colours as in photographs.

    kind: "white", "pink" or "brown". Left meets right and top meets bottom. ``generator`` lives on the CPU, so that
    every device is given the same.
    """
    waves = torch.fft.rfft2(torch.randn((count, 3, *size), generator=generator))
    frequencies = radial_frequencies(*size)
    fall = frequencies.clamp_min(1 / max(size)).pow_(-_FALL[kind])
    fall[0, 0] = 0
    noise = mix_colours(torch.fft.irfft2(waves.mul_(fall), s=size))
    return noise.div_(noise.std((1, 2, 3), correction=0, keepdim=True).clamp_min_(1e-12))


def starting_picture(start: str, picture: Tensor, generator: Generator) -> Tensor:
    """What the setting ``start`` puts in place of ``picture`` (Nx3xHxW, 0..1), which for "picture" is itself.

    Noise lies about mid-grey with a standard deviation of 0.2, drawn into 0..1 by a sigmoid.
    """
    count, size = picture.shape[0], (picture.shape[-2], picture.shape[-1])
    match start:
        case "picture":
            return picture
        case "grey":
            return coloured_noise("white", count, size, generator).mul_(_BREATH).add_(GREY).to(picture.device)
        case _:
            return coloured_noise(start, count, size, generator).sigmoid_().to(picture.device)
