"""The network `ornament`: built from formulas, needs no weights, dreams strokes, contours and ornaments.

It follows what is known of seeing. `strokes`: the energy of quadrature pairs of Gabor filters over three opponent
colours (Adelson and Bergen 1985), and spots. `contours`: strokes that continue one another along arcs (the
association field of Field, Hayes and Hess 1993). `ornaments`: contours arranged as `motifs`. In each layer an
answer is divided by the answers around it (Heeger 1992), which makes like neighbours compete: that is why strokes
curl and end rather than run on as stripes, and why faint parts of a picture grow ornaments too.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .catalogue import ORNAMENT
from .filters import (
    ANGLES,
    ORIENTATIONS,
    Blur,
    alike,
    balanced,
    coordinates,
    gabor,
    gaussian,
    spot,
    squared_distance,
    turned,
)
from .motifs import Motif, motifs
from .staged import StagedNetwork

# Luminance, blue to orange, green to magenta; the colours are weighed up, else every dream turns grey.
AXES = torch.tensor([[0.30, 0.59, 0.11], [0.61, 0.07, -0.68], [0.35, -0.52, 0.17]], dtype=torch.float64)
CURVATURES = (-0.08, 0.0, 0.08)  # radians a pixel
_FINE, _COARSE = 5.6, 9.5  # wavelengths in pixels
_SIZE = 15  # taps of the first filters
_ENERGIES = 2 * ORIENTATIONS
_ARCS = ORIENTATIONS * len(CURVATURES)
_SPOTS = 2 * len(AXES)


def ornament() -> StagedNetwork:
    """Build the network; every build is equal."""
    stages: dict[str, nn.Module] = dict(zip(ORNAMENT.layers, (_Strokes(), _Contours(), _Ornaments()), strict=True))
    return StagedNetwork(ORNAMENT.name, stages, ORNAMENT.default_layers, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))


class _Strokes(nn.Module):
    """(N, 3, H, W) -> (N, 25, H/2, W/2): energies of 2 wavelengths x 8 angles, 6 spots, the local tint on 3 axes."""

    def __init__(self) -> None:
        super().__init__()
        # Fine detail is in luminance alone, as it is to the eye.
        fine = [_tinted(pair, AXES[:1]) for angle in ANGLES for pair in gabor(_SIZE, _FINE, angle)]
        coarse = [_tinted(pair, AXES) for angle in ANGLES for pair in gabor(_SIZE, _COARSE, angle)]
        blob = gaussian(squared_distance(_SIZE), 4.5)
        single = [_tinted(spot(_SIZE, 2.0), AXES), _tinted(0.3 * blob / blob.sum(), AXES)]
        self.filters = _frozen(torch.cat([*fine, *coarse, *single]))
        self.split = (len(fine), len(coarse) * len(AXES), len(AXES), len(AXES))
        self.around = Blur(6.0)

    def forward(self, x: Tensor) -> Tensor:
        fine, coarse, spots, tint = F.conv2d(x, self.filters, stride=2, padding=_SIZE // 2).split(self.split, 1)
        energies = torch.cat([_energies(fine), _energies(coarse)], 1)
        rivals = torch.cat([e.mean(1, keepdim=True).expand_as(e) for e in energies.split(ORIENTATIONS, 1)], 1)
        energies = energies / (0.08 + rivals + self.around(energies))
        spots = torch.cat([F.relu(spots), F.relu(-spots)], 1)
        spots = spots / (0.08 + spots.mean(1, keepdim=True))
        return torch.cat([energies, spots, tint], 1)


class _Contours(nn.Module):
    """(N, 25, H, W) -> (N, 33, H/2, W/2): arcs of 8 angles x 3 curvatures; spots and tint are handed on."""

    def __init__(self) -> None:
        super().__init__()
        self.shrink = Blur(1.0, stride=2)
        arcs = [balanced(_arc(angle, curvature)) for angle in ANGLES for curvature in CURVATURES]
        self.filters = _frozen(torch.stack([torch.cat([0.6 * arc, arc]) for arc in arcs]))
        self.around = Blur(3.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.shrink(x)
        arcs = F.relu(F.conv2d(x[:, :_ENERGIES], self.filters, padding=3))
        arcs = arcs / (0.1 + arcs.mean(1, keepdim=True) + 0.5 * self.around(arcs))
        return torch.cat([arcs, x[:, _ENERGIES:]], 1)


class _Ornaments(nn.Module):
    """(N, 33, H, W) -> (N, 48, H, W): every motif in two versions of opposite colours."""

    def __init__(self) -> None:
        super().__init__()
        known = motifs(size=9, spacing=4.0)
        self.filters = _frozen(torch.stack([_template(m, k, sign) for k, m in enumerate(known) for sign in (1, -1)]))
        homes = torch.tensor([m.home for m in known for _ in (1, -1)], dtype=torch.float64)
        self.homes = _frozen(homes[:, :, None, None])
        self.around = Blur(2.5)

    def forward(self, x: Tensor) -> Tensor:
        shapes, tint = x.split((_ARCS + _SPOTS, len(AXES)), 1)
        found = F.relu(F.conv2d(shapes, self.filters, padding=4))
        found = found * F.conv2d(torch.tanh(3 * tint), self.homes).exp()
        return found / (0.3 + self.around(found.mean(1, keepdim=True)))


def _arc(angle: float, curvature: float) -> Tensor:
    """Where strokes lie, and at which angles, that continue each other along an arc: (orientations, 7, 7)."""
    along, across = turned(*coordinates(7, 4.0), angle)
    weight = gaussian((across - curvature * along.square() / 2).square(), 3.5) * gaussian(along.square(), 8.0)
    tangent = angle + torch.atan(curvature * along)
    return torch.stack([weight * alike(tangent, other, 4.0) for other in ANGLES])


def _template(motif: Motif, number: int, sign: int) -> Tensor:
    """A motif as weights over arcs and spots: (30, 9, 9)."""
    # Golden angles keep the motifs' hues apart.
    hue = sign * torch.tensor([0.7, math.cos(2.4 * number), math.sin(2.4 * number)], dtype=torch.float64)
    return torch.cat([motif.gain * _shape(motif), torch.cat([hue, -hue])[:, None, None] * _disc(motif.core)])


def _shape(motif: Motif) -> Tensor:
    """The arcs a motif is made of: (24, 9, 9), its positive part of sum 1."""
    arcs = []
    for angle in ANGLES:
        # An arc has no head: seen against its direction it bends the other way.
        bend = motif.curvature * torch.cos(motif.direction - angle).sign()
        near = motif.weight * alike(motif.direction, angle, 3.0)
        arcs += [near * gaussian((bend - curvature).square(), 0.07) for curvature in CURVATURES]
    shape = torch.stack(arcs)
    shape = shape - shape.mean(0, keepdim=True)
    # Lines that all run one way are no ornament: the answer to them is nil.
    window = gaussian(squared_distance(9, 4.0), 12.0)
    shape = shape - window * shape.sum((1, 2), keepdim=True) / window.sum()
    return shape / shape.clamp(min=0).sum()


def _disc(radius: float) -> Tensor:
    """A middle against its rim, (9, 9): what a motif asks of the spots of its own hue."""
    squared = squared_distance(9, 4.0)
    middle = gaussian(squared, radius / 2)
    rim = gaussian((squared.sqrt() - 1.3 * radius).square(), 0.35 * radius)
    return 0.1 * (middle / middle.sum() - rim / rim.sum())


def _tinted(filter_: Tensor, axes: Tensor) -> Tensor:
    """A filter on each of the colour axes: (axes, 3, h, w)."""
    return axes[:, :, None, None] * filter_


def _energies(answers: Tensor) -> Tensor:
    """The energy at each angle, over both phases and all colours: (N, 8 * k, H, W) -> (N, 8, H, W)."""
    squared = answers.unflatten(1, (ORIENTATIONS, -1)).square().sum(2)
    return (squared + 1e-4).sqrt() - 1e-2  # smooth at zero, where the root's slope is infinite


def _frozen(weights: Tensor) -> nn.Parameter:
    return nn.Parameter(weights.float(), requires_grad=False)
