"""Several objectives at once, each with a weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from ..objective import Look, View

# A term that pulls less than this at a picture pulls nowhere.
_SMALLEST = 1e-30


class Term(Protocol):
    """One thing that is seen at one layer."""

    @property
    def layer(self) -> str:
        """Where it is seen, as `StagedNetwork.forward` names it."""
        ...

    def begin_octave(self, look: Look) -> Iterator[None]:
        """As `Objective.begin_octave`."""
        ...

    def __call__(self, activation: Tensor, view: View) -> Tensor:
        """How much of it is seen in each of N pictures, N float32. ``activation`` is that of `layer`, NxCxHxW."""
        ...


class Weighted:
    """The sum of terms times their weights; an `Objective`.

    balance: with several terms, scale each so that at the beginning of an octave all pull at the picture alike: that
        the mean |gradient| of each is the mean of all, before the weights apply. crowsonkb/deep_dream evens out the
        gradients where they enter the layers; evening them out where they arrive, in the picture, also counts how
        much the layers between weaken them. It costs one more gradient per term and octave. A term that pulls nowhere
        counts nothing in that octave. A single term is never scaled.
    """

    def __init__(self, terms: Sequence[tuple[float, Term]], balance: bool = False) -> None:
        self.layers = tuple(dict.fromkeys(term.layer for _, term in terms))
        self._terms = tuple(terms)
        self._balance = balance and len(terms) > 1
        self._scales: Tensor | None = None

    def begin_octave(self, look: Look) -> Iterator[None]:
        """Let every term look, then see how hard each pulls."""
        for _, term in self._terms:
            yield from term.begin_octave(look)
        if not self._balance:
            return
        pulls = []
        for _, term in self._terms:
            pulls.append((yield from look.pull(Weighted([(1.0, term)]))))
        self._scales = _evening(torch.stack(pulls))

    def __call__(self, activations: Sequence[Tensor], view: View) -> Tensor:
        """The sum over all terms and pictures."""
        seen = dict(zip(self.layers, activations, strict=True))
        total = activations[0].new_zeros((), dtype=torch.float32)
        for number, (weight, term) in enumerate(self._terms):
            amounts = term(seen[term.layer], view)
            if self._scales is not None:
                amounts = amounts * self._scales[number]
            total = total + weight * amounts.sum()
        return total


def _evening(pulls: Tensor) -> Tensor:
    """By what to multiply pulls (terms x N) so that each becomes the mean of its column; 0 where nothing pulls."""
    return torch.where(pulls > _SMALLEST, pulls.mean(0) / pulls.clamp_min(_SMALLEST), 0.0)
