"""A network as a sequence of named stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import torch
from torch import Tensor, nn

from .architecture import Triple
from .catalogue import CLASSES, UnknownLayer, check_layers
from .reading import OUTPUT, PRE, NoReLU, reader
from .receptive import Field, receptive_fields, smallest_side


class StagedNetwork(nn.Module):
    """A frozen network cut into named stages, run no further than the deepest layer asked for.

    stages: layer name -> module that computes it from the layer before, in forward order.
    mean, std: the first stage is given (picture - mean) / std.
    parts: the name of a layer within a stage -> that stage's name and the path of a submodule there.
    head: computes the class map, (N, classes, h, w), from the last stage's activations (see `heads.class_map`).
    classes: the classes' names in the order of the logits, "" where a name is not known.
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
        *,
        parts: Mapping[str, tuple[str, str]] | None = None,
        head: nn.Module | None = None,
        classes: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.name = name
        self.layers = tuple(stages)
        self.default_layers = default_layers
        self.parts = dict(parts or {})
        self.classes = classes if head else ()
        self.stages = nn.ModuleList(stages.values())
        self.head = head
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))
        self.requires_grad_(False).eval()
        # Made of the stages' own modules, so no part of the network's state.
        self._readers: dict[tuple[int, tuple[str, ...]], nn.Module] = {}
        self._part_fields: dict[str, Field] = {}

    def forward(self, picture: Tensor, layers: Iterable[str] = ()) -> list[Tensor]:
        """What is at ``layers`` (none: the default layers), in the order asked for.

        picture: (N, 3, H, W), display-encoded RGB in 0..1, in the network's dtype; H and W at least `min_side`.
        layers: layers and parts by name, either with ``/pre`` for what it is before the ReLU it ends in; ``classes``
            for the class map, (N, classes, h, w), whose spatial mean is the logits.
        Raises `UnknownLayer`.
        """
        wanted = check_layers(self, layers)
        places = self._places(wanted)
        deepest = max(places)
        found: dict[str, Tensor] = {}
        x = (picture - self.mean) / self.std
        for i in range(deepest + 1):
            asked = places.get(i, {})
            if all(place == OUTPUT for place in asked.values()):
                stage = self._all_stages[i]
                x = stage(x.clone() if i - 1 in places and _overwrites(stage) else x)
                read = [x] * len(asked)
            else:
                read = self._reader(i, asked, goes_on=i < deepest)(x)
                x = read[-1]
            found.update(zip(asked, read, strict=False))
        return [found[layer] for layer in wanted]

    @cached_property
    def min_side(self) -> int:
        """The side in pixels of the smallest square picture that the deepest layer can take."""
        return smallest_side(self.stages)

    def stride(self, layer: str) -> int:
        """Pixels between one activation of ``layer`` and the next. Raises `UnknownLayer`."""
        return self._field(layer).stride

    def halo(self, layer: str) -> int:
        """Pixels of context that one activation of ``layer`` needs on each side. Raises `UnknownLayer`.

        What is averaged over all that is seen does not count: see `sees_all`.
        """
        return self._field(layer).halo

    def sees_all(self, layer: str) -> bool:
        """Whether activations of ``layer`` depend, through averages, on all that is seen, beyond the halo too.

        So it is with squeeze and excitation, with attention, and with the logits of a whole picture; tiles of such
        a layer agree only nearly with the untiled picture. Raises `UnknownLayer`.
        """
        return self._field(layer).whole

    def _places(self, layers: Iterable[str]) -> dict[int, dict[str, str]]:
        """Where layers are: the number of the stage -> layer name -> the place within it, as `reader` takes it."""
        places: dict[int, dict[str, str]] = {}
        for layer in layers:
            base = layer.removesuffix(PRE)
            stage, place = self.parts.get(base, (base, OUTPUT))
            number = len(self.layers) if base == CLASSES else self.layers.index(stage)
            places.setdefault(number, {})[layer] = place + layer[len(base) :]
        return places

    def _reader(self, number: int, asked: Mapping[str, str], goes_on: bool) -> nn.Module:
        """The reader of one stage for the layers ``asked``, and of its output last if the next stage needs it."""
        places = (*asked.values(), *([OUTPUT] if goes_on else []))
        key = number, places
        if key not in self._readers:
            try:
                self._readers[key] = reader(self._all_stages[number], places)
            except NoReLU as error:
                layer = next(layer for layer, place in asked.items() if place == error.place)
                problem = f"There is nothing before a ReLU in {layer}, as it does not end in one"
                raise UnknownLayer("layers", problem, layer.removesuffix(PRE)) from error
        return self._readers[key]

    def _field(self, layer: str) -> Field:
        (name,) = check_layers(self, [layer])
        ((number, asked),) = self._places([name]).items()
        if asked[name] in (OUTPUT, PRE):
            return self._fields[number]
        if name not in self._part_fields:
            inside = self._reader(number, asked, goes_on=False)
            self._part_fields[name] = receptive_fields([*self._all_stages[:number], inside])[-1]
        return self._part_fields[name]

    @property
    def _all_stages(self) -> list[nn.Module]:
        return [*self.stages, *([self.head] if self.head else [])]

    @cached_property
    def _fields(self) -> list[Field]:
        return receptive_fields(self._all_stages)


def _overwrites(stage: nn.Module) -> bool:
    """Whether a stage writes into its input; all others do so only to tensors of their own."""
    return isinstance(stage, nn.ReLU) and stage.inplace
