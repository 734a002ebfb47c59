"""Objectives: what a dream makes more of."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True, slots=True)
class View:
    """Where in an octave the pixels lie that the network is seeing, in pixels.

    top, left: the octave's row and column of the first one; they may lie outside 0..size, for what is seen goes on
        round the edges when the picture is shifted, or back from them.
    height, width: the octave's size. mirrors: whether it goes back from them, along y and along x.
    """

    top: int
    left: int
    height: int
    width: int
    mirrors: tuple[bool, bool] = field(default=(False, False), kw_only=True)


class Look(Protocol):
    """What the network makes of a whole picture, found out tile by tile in bounded memory.

    Each method yields after every tile, so that whoever iterates may stop there.
    """

    def activations(self, layers: Sequence[str]) -> Iterator[Sequence[Tensor]]:
        """The activations of ``layers``, NxCxhxw, of one tile after the other: every place of the picture once."""
        ...

    def pull(self, objective: Objective) -> Generator[None, None, Tensor]:
        """How hard ``objective`` pulls at each picture: mean |gradient| over its pixels and channels, N float32."""
        ...


class Objective(Protocol):
    """What a dream makes more of, as a sum over places, so that it can be climbed tile by tile.

    layers: what the network is to be run for, as `StagedNetwork.forward` takes it.
    """

    layers: tuple[str, ...]

    def begin_octave(self, look: Look) -> Iterator[None]:
        """Take note of what an octave's picture looks like before the first step on it.

        Yields now and then, so that the caller may stop. Most objectives need not look, which costs nothing.
        """
        ...

    def __call__(self, activations: Sequence[Tensor], view: View) -> Tensor:
        """How much of it is seen: a float32 scalar, differentiable. ``activations`` are those of `layers`, NxCxHxW."""
        ...
