"""A network as a sequence of named stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import torch
from torch import Tensor, nn

from .architectures import Triple
from .catalogue import check_layers
from .receptive import Field, receptive_fields, smallest_side


class StagedNetwork(nn.Module):
    """A frozen network cut into named stages, run no further than the deepest layer asked for.

    stages: layer name -> module that computes it from the layer before, in forward order.
    mean, std: the first stage is given (picture - mean) / std.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        name: str,
        stages: Mapping[str, nn.Module],
        default_layers: tuple[str, ...],
        mean: Triple = (0.0, 0.0, 0.0),
        std: Triple = (1.0, 1.0, 1.0),
    ) -> None:
        super().__init__()
        self.name = name
        self.layers = tuple(stages)
        self.default_layers = default_layers
        self.stages = nn.ModuleList(stages.values())
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))
        self.requires_grad_(False).eval()

    def forward(self, picture: Tensor, layers: Iterable[str] = ()) -> list[Tensor]:
        """The activations of ``layers`` (none: the default layers), in the order asked for.

        picture: (N, 3, H, W), display-encoded RGB in 0..1, in the network's dtype; H and W at least `min_side`.
        Raises `UnknownLayer`.
        """
        wanted = check_layers(self, layers)
        deepest = max(self.layers.index(layer) for layer in wanted)
        activations: dict[str, Tensor] = {}
        x = (picture - self.mean) / self.std
        for i in range(deepest + 1):
            stage = self.stages[i]
            if i > 0 and self.layers[i - 1] in wanted and _overwrites(stage):
                x = x.clone()
            x = stage(x)
            activations[self.layers[i]] = x
        return [activations[layer] for layer in wanted]

    @cached_property
    def min_side(self) -> int:
        """The side in pixels of the smallest square picture that the deepest layer can take."""
        return smallest_side(self.stages)

    def stride(self, layer: str) -> int:
        """Pixels between one activation of ``layer`` and the next. Raises `UnknownLayer`."""
        return self._field(layer).stride

    def halo(self, layer: str) -> int:
        """Pixels of context that one activation of ``layer`` needs on each side. Raises `UnknownLayer`."""
        return self._field(layer).halo

    def _field(self, layer: str) -> Field:
        return self._fields[self.layers.index(check_layers(self, [layer])[0])]

    @cached_property
    def _fields(self) -> list[Field]:
        return receptive_fields(self.stages)


def _overwrites(stage: nn.Module) -> bool:
    """Whether a stage writes into its input; all others do so only to tensors of their own."""
    return isinstance(stage, nn.ReLU) and stage.inplace
